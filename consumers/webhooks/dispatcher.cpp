#include "consumers/webhooks/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/event/codec.h"
#include "common/stream/event_record.h"
#include "consumers/webhooks/outcome_event.h"

// What the dispatcher does when; dispatcher_rooms.cpp has who may get how much, and dispatcher_boxes.cpp its
// partitions.
namespace godwit::webhooks {

Dispatcher::Dispatcher(service::ViewContext context, std::shared_ptr<const EndpointBook> endpoints,
                       Disable disable, DispatcherOptions options)
    : context_(std::move(context)),
      book_(std::move(endpoints)),
      disable_(std::move(disable)),
      options_(std::move(options)) {}

Dispatcher::~Dispatcher() { stop(); }

void Dispatcher::start() {
  {
    const std::lock_guard lock{mutex_};
    client_ = std::make_shared<http::EventClient>(
        http::EventClientOptions{.in_flight_max = options_.in_flight_max + options_.tests_max});
  }
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

void Dispatcher::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  wake();
  thread_.join();
}

std::map<std::string, EndpointHealth> Dispatcher::health() const {
  const std::lock_guard lock{mutex_};
  return health_;
}

void Dispatcher::tell_health() {
  const std::lock_guard lock{mutex_};
  for (const auto& [name, gate] : gates_) {
    EndpointHealth& health = health_[name];
    health.breaker = gate.breaker();
    health.in_flight = gate.in_flight();
    health.not_before = gate.not_before();
  }
}

void Dispatcher::count(const Attempt& attempt) {
  const std::lock_guard lock{mutex_};
  EndpointHealth& health = health_[attempt.endpoint];
  if (attempt.standing == Standing::succeeded) ++health.succeeded;
  if (attempt.standing == Standing::trying) ++health.failed;
  if (attempt.standing == Standing::exhausted) ++health.exhausted;
  const double seconds = std::chrono::duration<double>(attempt.latency).count();
  const auto* bound = std::lower_bound(latency_seconds_bounds.begin(), latency_seconds_bounds.end(), seconds);
  ++health.latency_buckets.at(static_cast<std::size_t>(bound - latency_seconds_bounds.begin()));
  health.latency_seconds_sum += seconds;
}

double Dispatcher::chance() {
  return options_.chance ? options_.chance() : std::uniform_real_distribution<double>{}(random_);
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
  Rooms rooms = plan();
  for (auto& [name, box] : boxes_)
    if (write(name, box, std::move(rooms[name]))) publish(name, box);
  tell_health();
}

// Answers that come now are still written down and told; the rest stays claimed, and is sent again after the
// start.
void Dispatcher::drain() {
  using SteadyClock = std::chrono::steady_clock;
  claiming_ = false;
  const auto deadline = SteadyClock::now() + options_.flights_end;
  turn();
  while (flying_ > 0 && SteadyClock::now() < deadline) {
    inbox_->wait(std::chrono::ceil<Millis>(deadline - SteadyClock::now()));
    turn();
  }
  {
    const std::lock_guard lock{mutex_};
    client_.reset();
  }
  turn();
  if (!context_.publisher.flush(options_.publish_end))
    log_warn("stopping before the log has taken every outcome; it is told after the start");
  turn();
  boxes_.clear();
}

void Dispatcher::take_mail() {
  Mail mail = inbox_->take();
  for (const JobDone& done : mail.done) take_answer(done);
  if (mail.look_again) look_up_all();
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

void Dispatcher::take_answer(const JobDone& done) {
  const Job& job = done.job;
  in_flight_[job.store].erase(job.claimed.seq);
  --flying_;
  Attempt attempt =
      make_attempt(*job.endpoint, job.claimed, done.answer, job.started_at, done.latency, chance());
  attempt.request_head = job.request_head;
  if (attempt.error)
    log_warn("{} to {}, try {}: {}{}", attempt.delivery_id, attempt.endpoint, attempt.try_number,
             *attempt.error, attempt.next_try_at ? "" : "; given up");
  count(attempt);
  judge(job, attempt, done.answer, job.started_at + done.latency);
  const auto found = boxes_.find(job.store);
  if (found != boxes_.end()) {
    found->second.finished.push_back(std::move(attempt));
  } else {
    publish_one(job.store,
                attempt);  // the partition has gone to another instance, which learns it from the log
  }
}

// What the answer says about the endpoint, beyond this delivery.
void Dispatcher::judge(const Job& job, const Attempt& attempt, const Answer& answer, Timestamp now) {
  const Verdict verdict = verdict_of(answer);
  const auto pause = asked_pause(answer, now);
  // Who asks for a pause is there; whatever else waits for it would only earn the same answer.
  const Ended how = verdict == Verdict::again && !pause ? Ended::failed : Ended::answered;
  gates_[attempt.endpoint].ended(now, how, pause, chance());
  std::int64_t& refusals = refusals_[attempt.endpoint];
  const bool refused = verdict == Verdict::never && answer.status && *answer.status >= 400;
  refusals = refused ? refusals + 1 : 0;
  const std::int64_t enough = job.endpoint->disable_after;
  if (!is_dead(answer) && (enough == 0 || refusals < enough)) return;
  refusals = 0;
  const auto current = by_name_.find(attempt.endpoint);
  if (current == by_name_.end() || !current->second->enabled || current->second->url != job.endpoint->url)
    return;
  log_warn("{} gets nothing more: {}", attempt.endpoint, describe(answer));
  disable_(*current->second, attempt);
}

// One transaction for all there is to write. False when the store is away; nothing is lost then.
bool Dispatcher::write(const std::string& name, Box& box, std::vector<Room> rooms) {
  const Timestamp now = context_.clock.now();
  if (box.retry_at && now < *box.retry_at && claiming_) return false;
  Turned turned;
  try {
    Turn turn{.now = now, .rooms = std::move(rooms), .take_in = box.caught_up && box.outbox->has_new()};
    if (!box.finished.empty() || !box.published.empty() || !turn.rooms.empty() || turn.take_in) {
      turn.finished = box.finished;
      turn.published = box.published;
      turned = box.outbox->turn(turn);
      box.may_publish = box.may_publish || !box.finished.empty();
      box.finished.clear();
      box.published.clear();
      again_ = again_ || turn.take_in;
    }
  } catch (const sqlite::StoreFailure& failure) {
    postpone(name, box, failure.what());
    return false;
  }
  box.retry_at.reset();
  submit(name, std::move(turned.claimed));
  look_up(name, box, turned.touched);
  return true;
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

}  // namespace godwit::webhooks
