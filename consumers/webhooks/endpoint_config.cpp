#include "consumers/webhooks/endpoint_config.h"

#include <fmt/format.h>

#include <map>

#include "common/base/log.h"
#include "common/base/uuid.h"
#include "common/http/encoding.h"
#include "common/stream/event_record.h"
#include "consumers/webhooks/outcome_event.h"

namespace godwit::webhooks {
namespace {

stream::OutRecord record_of(const std::string& name, const std::optional<std::string>& value) {
  return {.topic = std::string{config_topic},
          .key = fmt::format("{}{}", endpoint_prefix, name),
          .value = value,
          .headers = {}};
}

}  // namespace

event::Event to_event(const EndpointChange& change, const Changer& changer, Timestamp now) {
  event::Event out;
  out.id = make_uuid_v7(now);
  out.source = event_source;
  out.subject = changer.user;
  out.type = event::Type::audit_config_changed;
  out.type_name = event::full_type(out.type);
  out.time = now;
  out.data.config_type = "webhook_endpoint";
  out.data.resource = change.name;
  out.data.user = changer.user;
  out.data.ip_address = changer.ip_address;
  out.data.user_agent = changer.user_agent;
  out.data.other.push_back({"changes", change.changes_json});
  return out;
}

EndpointConfig::EndpointConfig(std::shared_ptr<EndpointBook> book, ConfigKey key, OpenConfig open,
                               stream::Publisher& publisher, const Clock& clock,
                               EndpointConfigOptions options)
    : book_(std::move(book)),
      open_(std::move(open)),
      publisher_(publisher),
      clock_(clock),
      options_(options),
      registry_(std::move(key)),
      is_read_(!open_) {}

EndpointConfig::~EndpointConfig() { stop(); }

void EndpointConfig::start() {
  if (!open_) return;
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

void EndpointConfig::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

bool EndpointConfig::wait_read(Millis timeout) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, timeout, [this] { return is_read_; });
}

void EndpointConfig::run(const std::stop_token& stop) {
  std::string complaint;
  while (!stop.stop_requested()) {
    auto reader = open_();
    if (reader) {
      complaint.clear();
      listen(stop, **reader);
    } else if (complaint != reader.error().message) {
      complaint = reader.error().message;
      log_warn("the endpoints cannot be read: {}; tried again", complaint);
    }
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, stop, options_.reopen_wait, [] { return false; });
  }
}

void EndpointConfig::listen(const std::stop_token& stop, ConfigReader& reader) {
  while (!stop.stop_requested()) {
    const auto batch = reader.poll({.records_max = options_.records_max, .wait_max = options_.read_wait});
    if (!batch) {
      log_warn("the endpoints cannot be read on: {}; tried again", batch.error().message);
      return;
    }
    take(*batch);
    if (reader.at_end()) has_read();
  }
}

void EndpointConfig::take(const stream::Batch& batch) {
  const std::lock_guard lock{mutex_};
  bool any = false;
  for (const stream::Record& record : batch.records) {
    if (!record.key) continue;
    const auto value = record.value ? std::optional{std::string{*record.value}} : std::nullopt;
    any = registry_.hear(std::string{*record.key}, value) || any;
  }
  if (any && is_read_) settle();
}

// Each time the end is reached: what waits for that is done.
void EndpointConfig::has_read() {
  const std::lock_guard lock{mutex_};
  if (!is_read_ && !file_) settle();
  is_read_ = true;
  if (file_) apply_file();
  for (auto at = unsaid_.begin(); at != unsaid_.end();) {
    const auto said = publisher_.publish(record_of(at->first, at->second), [](const auto&) {});
    if (!said) break;
    at = unsaid_.erase(at);
  }
  changed_.notify_all();
}

// With mutex_.
void EndpointConfig::settle() {
  std::vector<std::string> trouble;
  book_->set(registry_.endpoints(trouble));
  if (trouble != trouble_)
    for (const std::string& each : trouble) log_error("endpoint {}", each);
  trouble_ = std::move(trouble);
}

// With mutex_. Counts here at once; an instance that reads it later hears the same.
void EndpointConfig::apply_file() {
  const Timestamp now = clock_.now();
  for (const EndpointChange& change : registry_.apply(*file_, now)) {
    registry_.hear(fmt::format("{}{}", endpoint_prefix, change.name), change.value);
    log_info("endpoint {} is {} as in the file", change.name, change.value ? "set" : "removed");
    if (!publisher_.publish(record_of(change.name, change.value), [](const auto&) {}))
      unsaid_.emplace_back(change.name, change.value);
    tell(to_event(change, {.user = "endpoints-file"}, now));
  }
  file_.reset();
  settle();
}

void EndpointConfig::apply(std::vector<Configured> file) {
  const std::lock_guard lock{mutex_};
  file_ = std::move(file);
  if (is_read_) apply_file();
}

Status EndpointConfig::put(const EndpointSettings& settings, const Changer& changer) {
  std::unique_lock lock{mutex_};
  auto change = registry_.put(settings, false, clock_.now());
  lock.unlock();
  if (!change) return change.error();
  return publish(*change, changer);
}

std::optional<Status> EndpointConfig::remove(const std::string& name, const Changer& changer) {
  std::unique_lock lock{mutex_};
  const auto change = registry_.remove(name);
  lock.unlock();
  return change ? std::optional{publish(*change, changer)} : std::nullopt;
}

std::optional<Status> EndpointConfig::enable(const std::string& name, const Changer& changer) {
  std::unique_lock lock{mutex_};
  const auto change = registry_.enable(name, clock_.now());
  lock.unlock();
  return change ? std::optional{publish(*change, changer)} : std::nullopt;
}

Status EndpointConfig::publish(const EndpointChange& change, const Changer& changer) {
  const auto placed =
      stream::publish_and_wait(publisher_, record_of(change.name, change.value), options_.publish_timeout);
  if (!placed) return placed.error();
  {
    const std::lock_guard lock{mutex_};
    registry_.hear(fmt::format("{}{}", endpoint_prefix, change.name), change.value);
    settle();
  }
  tell(to_event(change, changer, clock_.now()));
  return Done{};
}

void EndpointConfig::disable(const std::string& name, const std::string& why, const event::Event& told) {
  {
    const std::lock_guard lock{mutex_};
    const auto change = registry_.disable(name, why, clock_.now());
    if (!change) return;
    registry_.hear(fmt::format("{}{}", endpoint_prefix, name), change->value);
    settle();
    if (!publisher_.publish(record_of(name, change->value), [](const auto&) {}))
      unsaid_.emplace_back(name, change->value);
    tell(to_event(*change, {.user = "godwit-webhooks"}, clock_.now()));
  }
  tell(told);
}

// Best effort, as all that is told of what was done.
void EndpointConfig::tell(const event::Event& event) {
  if (const auto refusal = event::validate(event))
    return log_error("a change cannot be told: {}", refusal->message());
  if (auto taken = publisher_.publish(stream::encode(event), [](const auto&) {}); !taken)
    log_warn("a change is not in the log: {}", taken.error().message);
}

std::optional<EndpointRecord> EndpointConfig::find(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  const EndpointRecord* found = registry_.find(name);
  return found != nullptr ? std::optional{*found} : std::nullopt;
}

std::map<std::string, EndpointRecord> EndpointConfig::records() const {
  const std::lock_guard lock{mutex_};
  return registry_.records();
}

}  // namespace godwit::webhooks
