// EndpointRecord: one endpoint as it lies in the topic godwit.config, under the key "endpoint/<name>".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consumers/webhooks/config_key.h"
#include "consumers/webhooks/endpoint_keys.h"

namespace godwit::webhooks {

inline constexpr std::string_view config_topic = "godwit.config";
inline constexpr std::string_view endpoint_prefix = "endpoint/";

struct EndpointRecord {
  EndpointSettings settings;
  bool from_file = false;  // it is changed there, and removed when it is no more in it
  Timestamp active_from{};
  // When it was disabled; an open end is Timestamp::max().
  std::vector<std::pair<Timestamp, Timestamp>> off = {};
  std::optional<std::string> disabled_because = {};  // by itself, in contrast to `enabled: false`
  // The secrets cannot be opened here: what they are is not known, all else is.
  bool sealed = false;
  std::string sealed_text = {}, sealed_by = {};

  bool enabled() const;
};

// {"settings":{...},"sealed":"...","sealed_by":"...","from_file":...,"active_from":...,"off":[[a,b]],
// "disabled_because":...}
std::string to_json(const EndpointRecord& record, std::string_view name, const ConfigKey& key);
// nullopt for what is no such record.
std::optional<EndpointRecord> read_record(std::string_view json, std::string_view name, const ConfigKey& key);

// What it means. One whose secrets are sealed has no URL.
Result<Endpoint> to_endpoint(const EndpointRecord& record);

}  // namespace godwit::webhooks
