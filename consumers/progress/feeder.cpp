#include "consumers/progress/feeder.h"

#include <algorithm>
#include <exception>

#include "common/base/log.h"
#include "common/cluster/gather.h"
#include "common/http/parameters.h"

namespace godwit::progress {
namespace {

constexpr const char* changes_path = "/api/v1/progress/changes";
constexpr std::size_t jobs_bytes_max = 15'000;  // as a request's head allows

using Results = std::vector<JobResult>;

}  // namespace

Feeder::Feeder(Hub& hub, const service::ViewContext& context, Show show, const FeederOptions& options)
    : hub_(hub), context_(context), show_(std::move(show)), options_(options) {}

void Feeder::start() {
  own_ = std::jthread{[this](const std::stop_token& stop) { feed_own(stop); }};
  others_ = std::jthread{[this](const std::stop_token& stop) { feed_others(stop); }};
}

void Feeder::stop() {
  for (std::jthread* thread : {&own_, &others_}) {
    thread->request_stop();
    if (thread->joinable()) thread->join();
  }
}

void Feeder::wake() {
  const std::lock_guard lock{mutex_};
  if (own_called_ && others_called_) return;
  own_called_ = others_called_ = true;
  called_.notify_all();
}

void Feeder::feed_own(const std::stop_token& stop) {
  auto next_sweep = Steady::now();
  Millis wait{0};
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock{mutex_};
      called_.wait_for(lock, stop, wait, [this] { return own_called_; });
      own_called_ = false;
    }
    if (stop.stop_requested()) return;
    bool more = false;
    try {
      more = !hub_.idle() && ask_own();
    } catch (const std::exception& failure) {
      log_warn("live streams cannot be fed from here: {}", failure.what());
    }
    const auto now = Steady::now();
    const auto due = hub_.flush(now);
    if (now >= next_sweep) {
      hub_.sweep();
      next_sweep = now + options_.sweep_interval;
    }
    wait = more ? Millis{0} : std::min(due.value_or(options_.idle_wait), options_.idle_wait);
    if (more) continue;
    // What changes within a moment is read as one.
    std::unique_lock lock{mutex_};
    called_.wait_for(lock, stop, std::min(wait, options_.batch), [] { return false; });
  }
}

void Feeder::feed_others(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    bool more = false;
    try {
      more = !hub_.idle() && ask_others();
    } catch (const std::exception& failure) {
      log_warn("live streams cannot be fed from other instances: {}", failure.what());
    }
    if (more) {
      wake();
      continue;
    }
    std::unique_lock lock{mutex_};
    if (hub_.idle())
      called_.wait_for(lock, stop, options_.idle_wait, [this] { return others_called_; });
    else
      called_.wait_for(lock, stop, options_.others_interval, [] { return false; });
    others_called_ = false;
  }
}

bool Feeder::ask_own() {
  const auto names = context_.readers.names();
  const std::vector<Job> jobs = hub_.jobs({names.begin(), names.end()});
  return hub_.take(jobs, read(context_.readers, jobs, false));
}

bool Feeder::ask_others() {
  std::set<std::string> stores;
  for (const auto& [url, theirs] : context_.peers.shares().peers) stores.insert(theirs.begin(), theirs.end());
  if (stores.empty()) return false;
  const std::vector<Job> jobs = hub_.jobs(stores);
  bool more = false;
  for (std::size_t at = 0; at < jobs.size(); at += options_.jobs_per_question) {
    const auto end = std::min(jobs.size(), at + options_.jobs_per_question);
    const std::vector<Job> some(jobs.begin() + static_cast<std::ptrdiff_t>(at),
                                jobs.begin() + static_cast<std::ptrdiff_t>(end));
    http::Request question;
    question.path = changes_path;
    question.query_parameters = {{"jobs", jobs_json(some)}};
    auto gathered = cluster::gather_parts<Results>(
        context_.peers, context_.readers, http::target_of(question),
        [](const sqlite::Readers&) { return Results{}; }, read_results);
    for (Results& part : gathered.parts) more = hub_.take(some, std::move(part)) || more;
    wake();  // to tell them
  }
  return more;
}

Results Feeder::read(const sqlite::Readers& files, const std::vector<Job>& jobs, bool for_others) const {
  // Whom another instance tells, only that one knows.
  const Wanted wanted = [&](std::string_view task_id) { return for_others || hub_.wants(task_id); };
  Results out = read_changes(files, jobs, show_, wanted);
  for (JobResult& result : out)
    if (result.behind) result.caught_up = has_caught_up(result.store);
  return out;
}

bool Feeder::has_caught_up(const std::string& store) const {
  if (!context_.folded) return true;
  const auto partition = cluster::parts_of(store).partition;
  const auto folded = context_.folded();
  return std::all_of(folded.partitions.begin(), folded.partitions.end(),
                     [&](const projection::PartitionState& state) {
                       return state.at.partition.value() != partition || state.caught_up;
                     });
}

http::Response Feeder::answer(const http::Request& request) const {
  if (!cluster::is_hop(request)) return http::problem(404, "instances ask each other here, and nobody else");
  const auto text = http::query_text(request, "jobs", jobs_bytes_max);
  if (!text) return http::bad_parameter(text.error());
  const auto jobs = read_jobs(text->value_or("[]"));
  if (!jobs) return http::problem(400, "these are no jobs");
  return cluster::answer_hop(context_.readers, request, [&](const sqlite::Readers& files) {
    return http::json_response(results_json(read(files, *jobs, true)));
  });
}

}  // namespace godwit::progress
