#include "consumers/webhooks/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/event/codec.h"
#include "common/stream/event_record.h"
#include "consumers/webhooks/outcome_event.h"
#include "consumers/webhooks/sender.h"

namespace godwit::webhooks {
namespace {

std::size_t worker_count(const Endpoints& endpoints, const DispatcherOptions& options) {
  const auto enabled = static_cast<std::size_t>(
      std::count_if(endpoints.begin(), endpoints.end(), [](const Endpoint& each) { return each.enabled; }));
  return std::min(enabled * options.in_flight_max, options.workers_max);
}

// The partition files whose every topic has been read to its end once since it was assigned.
std::map<std::string, bool> caught_up_stores(const projection::RunnerSnapshot& folded) {
  std::map<std::string, bool> out;
  for (const projection::PartitionState& state : folded.partitions) {
    const auto [at, first] = out.emplace(fmt::format("p-{:04}", state.at.partition.value()), state.caught_up);
    if (!first) at->second = at->second && state.caught_up;
  }
  return out;
}

}  // namespace

Dispatcher::Dispatcher(service::ViewContext context, std::shared_ptr<const Endpoints> endpoints,
                       DispatcherOptions options)
    : context_(std::move(context)), endpoints_(std::move(endpoints)), options_(options) {}

Dispatcher::~Dispatcher() { stop(); }

void Dispatcher::start() {
  workers_ = std::make_unique<Workers>(worker_count(*endpoints_, options_), context_.clock,
                                       [inbox = inbox_](JobDone done) { inbox->add(std::move(done)); });
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

void Dispatcher::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  wake();
  thread_.join();
}

void Dispatcher::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    turn();
    inbox_->wait(wait_time());
  }
  drain();
}

void Dispatcher::turn() {
  again_ = false;
  take_mail();
  refresh();
  for (auto& [name, box] : boxes_)
    if (write(name, box)) publish(name, box);
}

// Answers that come now are still written down and told; the rest stays claimed, and is sent again after the
// start.
void Dispatcher::drain() {
  using SteadyClock = std::chrono::steady_clock;
  claiming_ = false;
  const auto deadline = SteadyClock::now() + options_.flights_end;
  const auto flying = [this] {
    return std::any_of(in_flight_.begin(), in_flight_.end(),
                       [](const auto& each) { return !each.second.empty(); });
  };
  turn();
  while (flying() && SteadyClock::now() < deadline) {
    inbox_->wait(std::chrono::ceil<Millis>(deadline - SteadyClock::now()));
    turn();
  }
  workers_.reset();
  turn();
  if (!context_.publisher.flush(options_.publish_end))
    log_warn("stopping before the log has taken every outcome; it is told after the start");
  turn();
  boxes_.clear();
}

void Dispatcher::take_mail() {
  Mail mail = inbox_->take();
  for (JobDone& done : mail.done) take_answer(std::move(done));
  for (const Acknowledged& acknowledged : mail.acknowledged) {
    const auto found = boxes_.find(acknowledged.store);
    if (found == boxes_.end() || found->second.publishing.erase(acknowledged.key) == 0) continue;
    Box& box = found->second;
    if (acknowledged.written) {
      box.published.push_back(acknowledged.key);
      box.may_publish = true;  // there may be more than went at once
    } else {
      postpone(acknowledged.store, box, "the log has not taken an outcome");
    }
  }
}

void Dispatcher::take_answer(JobDone done) {
  const Job& job = done.job;
  in_flight_[job.store].erase(job.claimed.seq);
  --in_flight_to_[job.endpoint->name];
  const double chance = std::uniform_real_distribution<double>{}(random_);
  Attempt attempt =
      make_attempt(*job.endpoint, job.claimed, done.answer, done.started_at, done.latency, chance);
  if (attempt.error)
    log_warn("{} to {}, try {}: {}{}", attempt.delivery_id, attempt.endpoint, attempt.try_number,
             *attempt.error, attempt.next_try_at ? "" : "; given up");
  // Whatever else waits for this endpoint would only earn the same answer.
  if (done.answer.retry_after && verdict_of(done.answer) == Verdict::again) {
    Timestamp& not_before = not_before_[attempt.endpoint];
    const auto asked = parse_retry_after(*done.answer.retry_after, done.started_at + done.latency);
    if (asked) not_before = std::max(not_before, done.started_at + done.latency + *asked);
  }
  const auto found = boxes_.find(job.store);
  if (found != boxes_.end()) {
    found->second.finished.push_back(std::move(attempt));
  } else {
    publish_one(job.store,
                attempt);  // the partition has gone to another instance, which learns it from the log
  }
}

void Dispatcher::refresh() {
  const std::vector<std::string> names = context_.readers.names();
  close_gone(names);
  open_new(names);
  const auto caught_up = caught_up_stores(context_.folded());
  for (auto& [name, box] : boxes_) {
    const auto found = caught_up.find(name);
    const bool now_caught_up = found != caught_up.end() && found->second;
    if (!now_caught_up) box.caught_up = false;
    if (now_caught_up && !box.caught_up) recover(name, box);
  }
}

void Dispatcher::close_gone(const std::vector<std::string>& names) {
  for (auto at = boxes_.begin(); at != boxes_.end();) {
    if (std::find(names.begin(), names.end(), at->first) != names.end()) {
      ++at;
      continue;
    }
    at->second.caught_up = false;  // claims nothing more
    if (write(at->first, at->second)) publish(at->first, at->second);
    at = boxes_.erase(at);
  }
}

void Dispatcher::open_new(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    // A rebuild gives a partition another file; everything about its tries goes on there under the same keys.
    const std::string path = context_.readers.path(name);
    const auto known = boxes_.find(name);
    if (path.empty() || (known != boxes_.end() && known->second.outbox->path() == path)) continue;
    auto outbox = Outbox::open(path);
    if (!outbox) {
      log_warn("{}", outbox.error().message);
      continue;
    }
    Box& box = boxes_[name];
    box.outbox = std::move(*outbox);
    box.retry_at.reset();
    box.may_publish = true;
  }
}

void Dispatcher::recover(const std::string& name, Box& box) {
  if (box.retry_at && context_.clock.now() < *box.retry_at) return;
  try {
    box.outbox->recover(context_.clock.now(), in_flight_[name]);
    box.caught_up = true;
  } catch (const sqlite::StoreFailure& failure) {
    postpone(name, box, failure.what());
  }
}

void Dispatcher::postpone(const std::string& name, Box& box, const std::string& why) {
  if (!box.retry_at) log_warn("{}: {}; tried again", name, why);
  box.retry_at = context_.clock.now() + options_.retry_store;
  box.may_publish = true;
}

bool Dispatcher::has_room(const Endpoint& endpoint) const {
  const auto flying = in_flight_to_.find(endpoint.name);
  return endpoint.enabled && (flying == in_flight_to_.end() || flying->second < options_.in_flight_max);
}

// The endpoints something may be due for and that may have it.
std::vector<Room> Dispatcher::rooms(Box& box) {
  std::vector<Room> out;
  if (!claiming_ || !box.caught_up) return out;
  const bool has_new = box.outbox->has_new();
  const Timestamp now = context_.clock.now();
  for (const Endpoint& endpoint : *endpoints_) {
    if (!has_room(endpoint) || not_before_[endpoint.name] > now) continue;
    const auto due = box.outbox->next_due(endpoint.name);
    if (has_new || (due && *due <= now))
      out.push_back({endpoint.name, options_.in_flight_max - in_flight_to_[endpoint.name]});
  }
  return out;
}

// One transaction for all there is to write. False when the store is away; nothing is lost then.
bool Dispatcher::write(const std::string& name, Box& box) {
  const Timestamp now = context_.clock.now();
  if (box.retry_at && now < *box.retry_at && claiming_) return false;
  std::vector<Claimed> claimed;
  try {
    Turn turn{.now = now, .rooms = rooms(box)};
    if (!box.finished.empty() || !box.published.empty() || !turn.rooms.empty()) {
      turn.finished = box.finished;
      turn.published = box.published;
      claimed = box.outbox->turn(turn);
      box.may_publish = box.may_publish || !box.finished.empty();
      box.finished.clear();
      box.published.clear();
      again_ = again_ || (!turn.rooms.empty() && box.outbox->has_new());
    }
  } catch (const sqlite::StoreFailure& failure) {
    postpone(name, box, failure.what());
    return false;
  }
  box.retry_at.reset();
  submit(name, std::move(claimed));
  return true;
}

void Dispatcher::submit(const std::string& name, std::vector<Claimed> claimed) {
  for (Claimed& each : claimed) {
    const Endpoint* endpoint = find_endpoint(*endpoints_, each.endpoint);
    in_flight_[name].insert(each.seq);
    ++in_flight_to_[each.endpoint];
    workers_->submit({name, endpoints_, endpoint, std::move(each)});
  }
}

void Dispatcher::publish(const std::string& name, Box& box) {
  if (!box.may_publish) return;
  try {
    const auto attempts = box.outbox->unpublished(options_.publishing_max);
    box.may_publish = false;  // until something is finished or acknowledged
    for (const Attempt& attempt : attempts) {
      const AttemptKey key{attempt.seq, attempt.try_number};
      if (!box.publishing.insert(key).second) continue;
      if (publish_one(name, attempt)) continue;
      box.publishing.erase(key);
      postpone(name, box, "the log takes no outcomes now");
      return;
    }
  } catch (const sqlite::StoreFailure& failure) {
    postpone(name, box, failure.what());
  }
}

bool Dispatcher::publish_one(const std::string& name, const Attempt& attempt) {
  const event::Event event = make_event(attempt);
  const AttemptKey key{attempt.seq, attempt.try_number};
  if (const auto refusal = event::validate(event)) {
    log_error("the outcome of {} cannot be told: {}", attempt.delivery_id, refusal->message());
    inbox_->add(Acknowledged{name, key, true});
    return true;
  }
  const Status taken = context_.publisher.publish(
      stream::encode(event), [inbox = inbox_, name, key](const Result<stream::Placed>& placed) {
        inbox->add(Acknowledged{name, key, placed.ok()});
      });
  return taken.ok();
}

// Until the next row is due that could be claimed then.
Millis Dispatcher::wait_time() {
  if (again_) return Millis{0};
  const Timestamp now = context_.clock.now();
  Timestamp next = now + options_.look_again;
  for (auto& [name, box] : boxes_) {
    if (!box.caught_up) next = std::min(next, now + options_.look_again_behind);
    if (box.retry_at) next = std::min(next, *box.retry_at);
    if (!box.caught_up || box.retry_at) continue;
    try {
      for (const Endpoint& endpoint : *endpoints_) {
        if (!has_room(endpoint)) continue;
        if (const auto due = box.outbox->next_due(endpoint.name))
          next = std::min(next, std::max(*due, not_before_[endpoint.name]));
      }
    } catch (const sqlite::StoreFailure& failure) {
      postpone(name, box, failure.what());
    }
  }
  return std::max<Millis>(next - now, Millis{0});
}

}  // namespace godwit::webhooks
