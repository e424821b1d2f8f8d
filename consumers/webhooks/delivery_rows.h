// Deliveries as views show them: what the fold and the dispatcher know of each, read together from one
// partition file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/json/writer.h"
#include "common/sqlite/database.h"
#include "consumers/webhooks/endpoint.h"

namespace godwit::webhooks {

struct DeliveryRow {
  std::int64_t seq = 0;
  std::string id, endpoint, kind, subject, event_source, event_id, event_type;
  std::int64_t event_ms = 0;
  std::string vm_name, provider;
  std::string status;  // pending, sending, retrying, succeeded, exhausted
  std::int64_t tries = 0;
  std::optional<std::int64_t> next_try_ms = {}, status_code = {}, updated_ms = {};
  std::optional<std::string> error = {};
};

struct DeliveryFilter {
  std::optional<std::string> status = {}, endpoint = {}, task_id = {};
  std::optional<std::int64_t> from_ms = {}, to_ms = {};  // event time; `to` is not included
  // The page begins behind this one: newest first, by event time and id.
  std::int64_t before_ms = 0;
  std::string before_id = {};
  std::int64_t limit = 100;
};

// Appends at most filter.limit + 1 rows: one more tells that there is more.
void read_deliveries(sqlite::Database& db, const DeliveryFilter& filter, std::vector<DeliveryRow>& out);
// The members of one object, without its end, so that more can follow.
void begin_delivery(json::Writer& out, const DeliveryRow& row);

// One delivery with its body and its tries, as a whole JSON object; nullopt when it is not in this file.
std::optional<std::string> read_delivery_json(sqlite::Database& db, const std::string& delivery_id);

// Sending again what has ended, or at once what waits.
struct AskAgain {
  std::optional<std::string> delivery_id = {};  // this one; else all of the endpoint in a time
  std::string endpoint = {};
  std::int64_t from_ms = 0, to_ms = 0;  // event time
  bool only_exhausted = false;
  std::int64_t deliveries_max = 10'000;  // in one transaction
};
struct AskedAgain {
  std::int64_t found = 0;  // in this file
  std::int64_t asked = 0;  // the rest is being sent just now, or has yet to be taken in
};
// In the file at `path`, beside the dispatcher, which must be told to look. Errors are `transient`.
Result<AskedAgain> ask_again(const std::string& path, const AskAgain& what, Timestamp now);

// Deliveries owed, and ended by outcome, by endpoint; added up over files.
struct EndpointFigures {
  std::int64_t owed = 0;
  std::map<std::string, std::int64_t> outcomes;
};
void read_figures(sqlite::Database& db, std::map<std::string, EndpointFigures>& out);

}  // namespace godwit::webhooks
