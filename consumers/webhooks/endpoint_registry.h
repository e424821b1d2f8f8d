// EndpointRegistry: the shared configuration as it has been heard, and what a change makes of it. No I/O: a
// change is a record to be published; it counts when it is heard.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/stream/record.h"
#include "consumers/webhooks/endpoint_record.h"
#include "consumers/webhooks/endpoints_file.h"

namespace godwit::webhooks {

// One change, to be published and told. A secret is in neither value of a change.
struct EndpointChange {
  std::string name;
  std::optional<std::string> value;  // of the record; nullopt: a tombstone
  std::string changes_json;          // {"<key>":{"old":...,"new":...}}; "{}": nothing has changed
};

// Not thread-safe.
class EndpointRegistry {
 public:
  explicit EndpointRegistry(ConfigKey key) : key_(std::move(key)) {}

  // One record of the topic; nullopt: a tombstone. False when it is nothing of endpoints.
  bool hear(const std::string& key, const std::optional<std::string>& value);

  const std::map<std::string, EndpointRecord>& records() const { return records_; }
  const EndpointRecord* find(const std::string& name) const;
  // What all of it means, by name. `trouble` names each that cannot be used, and why.
  Endpoints endpoints(std::vector<std::string>& trouble) const;

  // An endpoint with these settings instead of what it had. What it keeps: `active_from` unless a setting
  // says it, and the secrets that are not given. Being changed makes one that was disabled by itself enabled
  // again. `now` is when a new one begins to be owed something. `invalid` names the key.
  Result<EndpointChange> put(const EndpointSettings& settings, bool from_file, Timestamp now) const;
  std::optional<EndpointChange> remove(const std::string& name) const;
  // As somebody asks, whatever had disabled it by itself.
  std::optional<EndpointChange> enable(const std::string& name, Timestamp now) const;
  // By itself, for a reason.
  std::optional<EndpointChange> disable(const std::string& name, const std::string& why, Timestamp now) const;

  // What a file changes: what is new or other in it is put, what came from it and is gone is removed. What
  // only another key can open and is otherwise the same is taken from the file, and stays in the log as it
  // is.
  std::vector<EndpointChange> apply(const std::vector<Configured>& file, Timestamp now);

 private:
  EndpointChange change_to(const std::string& name, const EndpointRecord& record) const;

  ConfigKey key_;
  std::map<std::string, EndpointRecord> records_;
  std::map<std::string, EndpointSettings> known_secrets_;  // from the file, for what is sealed by another key
};

}  // namespace godwit::webhooks
