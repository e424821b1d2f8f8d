#include "consumers/webhooks/endpoint_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/json/writer.h"

namespace godwit::webhooks {
namespace {

void set(EndpointSettings& settings, const Setting& setting) {
  for (Setting& each : settings)
    if (each.name == setting.name) {
      each.text = setting.text;
      return;
    }
  settings.push_back(setting);
}

EndpointSettings sorted(EndpointSettings settings) {
  std::sort(settings.begin(), settings.end(),
            [](const Setting& a, const Setting& b) { return a.name < b.name; });
  return settings;
}

EndpointSettings without_secrets(EndpointSettings settings) {
  std::erase_if(settings, [](const Setting& setting) { return is_secret_key(setting.name); });
  return settings;
}

// The value of a key before or after, as a person may see it.
void write_value(json::Writer& out, std::string_view name, const std::string* text) {
  if (text == nullptr)
    out.null();
  else
    out.value(is_secret_key(name) ? std::string{"(hidden)"} : *text);
}

std::string changes_json(const EndpointRecord* before, const EndpointRecord* after) {
  static const EndpointSettings none;
  const EndpointSettings& old_settings = before != nullptr ? before->settings : none;
  const EndpointSettings& new_settings = after != nullptr ? after->settings : none;
  std::set<std::string> names;
  for (const Setting& each : old_settings) names.insert(each.name);
  for (const Setting& each : new_settings) names.insert(each.name);
  json::Writer out;
  out.begin_object();
  for (const std::string& name : names) {
    const std::string* old_text = find_setting(old_settings, name);
    const std::string* new_text = find_setting(new_settings, name);
    if (old_text != nullptr && new_text != nullptr && *old_text == *new_text) continue;
    out.key(name).begin_object().key("old");
    write_value(out, name, old_text);
    out.key("new");
    write_value(out, name, new_text);
    out.end_object();
  }
  const auto because = [](const EndpointRecord* record) {
    return record != nullptr ? record->disabled_because : std::nullopt;
  };
  if (because(before) != because(after))
    out.key("disabled_because")
        .begin_object()
        .member("old", because(before))
        .member("new", because(after))
        .end_object();
  out.end_object();
  return out.take();
}

// Being disabled begins and ends now.
void follow_enabled(EndpointRecord& record, Timestamp now) {
  const bool was_off = !record.off.empty() && record.off.back().second == Timestamp::max();
  if (record.enabled() && was_off) record.off.back().second = now;
  if (!record.enabled() && !was_off) record.off.emplace_back(now, Timestamp::max());
}

}  // namespace

bool EndpointRegistry::hear(const std::string& key, const std::optional<std::string>& value) {
  if (!key.starts_with(endpoint_prefix)) return false;
  const std::string name = key.substr(endpoint_prefix.size());
  if (!value) {
    records_.erase(name);
    return true;
  }
  auto record = read_record(*value, name, key_);
  if (!record) return false;
  const auto known = known_secrets_.find(name);
  if (record->sealed && known != known_secrets_.end() && record->from_file) {
    for (const Setting& secret : known->second) set(record->settings, secret);
    record->sealed = false;
  }
  records_.insert_or_assign(name, std::move(*record));
  return true;
}

const EndpointRecord* EndpointRegistry::find(const std::string& name) const {
  const auto found = records_.find(name);
  return found == records_.end() ? nullptr : &found->second;
}

Endpoints EndpointRegistry::endpoints(std::vector<std::string>& trouble) const {
  Endpoints out;
  for (const auto& [name, record] : records_) {
    auto endpoint = to_endpoint(record);
    if (!endpoint) {
      trouble.push_back(fmt::format("{}: {}", name, endpoint.error().message));
      continue;
    }
    if (record.sealed)
      trouble.push_back(fmt::format(
          "{}: its URL is sealed with another key; give all instances the same --config-key", name));
    out.push_back(std::move(*endpoint));
  }
  return out;
}

EndpointChange EndpointRegistry::change_to(const std::string& name, const EndpointRecord& record) const {
  return {name, to_json(record, name, key_), changes_json(find(name), &record)};
}

Result<EndpointChange> EndpointRegistry::put(const EndpointSettings& settings, bool from_file,
                                             Timestamp now) const {
  const std::string* name = find_setting(settings, "name");
  if (name == nullptr) return invalid_error("the endpoint has no 'name'");
  const EndpointRecord* before = find(*name);
  EndpointRecord record{.settings = settings, .from_file = from_file, .active_from = now};
  if (before != nullptr) {
    record.active_from = before->active_from;
    record.off = before->off;
    for (const Setting& old_setting : before->settings)
      if (!from_file && is_secret_key(old_setting.name) &&
          find_setting(settings, old_setting.name) == nullptr)
        record.settings.push_back(old_setting);
  }
  auto endpoint = make_endpoint(record.settings);
  if (!endpoint) return endpoint.error();
  if (find_setting(settings, "active_from") != nullptr) record.active_from = endpoint->active_from;
  follow_enabled(record, now);
  for (Setting& setting : record.settings) setting.line = 0;
  return change_to(*name, record);
}

std::optional<EndpointChange> EndpointRegistry::remove(const std::string& name) const {
  const EndpointRecord* before = find(name);
  if (before == nullptr) return std::nullopt;
  return EndpointChange{name, std::nullopt, changes_json(before, nullptr)};
}

std::optional<EndpointChange> EndpointRegistry::disable(const std::string& name, const std::string& why,
                                                        Timestamp now) const {
  const EndpointRecord* before = find(name);
  if (before == nullptr || !before->enabled()) return std::nullopt;
  EndpointRecord record = *before;
  record.disabled_because = why;
  follow_enabled(record, now);
  return change_to(name, record);
}

std::optional<EndpointChange> EndpointRegistry::enable(const std::string& name, Timestamp now) const {
  const EndpointRecord* before = find(name);
  if (before == nullptr) return std::nullopt;
  EndpointRecord record = *before;
  record.disabled_because.reset();
  if (!record.from_file)
    std::erase_if(record.settings, [](const Setting& each) { return each.name == "enabled"; });
  follow_enabled(record, now);
  return change_to(name, record);
}

std::vector<EndpointChange> EndpointRegistry::apply(const std::vector<Configured>& file, Timestamp now) {
  std::vector<EndpointChange> out;
  std::set<std::string> names;
  for (const Configured& each : file) {
    const std::string& name = each.endpoint.name;
    names.insert(name);
    EndpointSettings& secrets = known_secrets_[name];
    secrets = each.settings;
    std::erase_if(secrets, [](const Setting& setting) { return !is_secret_key(setting.name); });
    const auto found = records_.find(name);
    if (found != records_.end() && found->second.from_file) {
      EndpointRecord& record = found->second;
      if (sorted(record.settings) == sorted(each.settings)) continue;
      if (record.sealed && sorted(record.settings) == sorted(without_secrets(each.settings))) {
        record.settings = each.settings;
        record.sealed = false;
        continue;
      }
    }
    if (auto change = put(each.settings, true, now)) out.push_back(std::move(*change));
  }
  for (const auto& [name, record] : records_)
    if (record.from_file && !names.contains(name)) out.push_back(*remove(name));
  return out;
}

}  // namespace godwit::webhooks
