// The public interface (godwit/migration.h) over the library's own parts.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "common/base/log.h"
#include "common/base/uuid.h"
#include "common/kafka/kafka_publisher.h"
#include "producers/cpp/godwit/migration.h"
#include "producers/cpp/migration.h"
#include "producers/cpp/spool/home.h"
#include "producers/cpp/spool/spool.h"
#include "producers/cpp/stamp.h"

namespace godwit {
namespace {

using producer::Steady;

Outcome outcome(const Status& status) { return status ? Outcome{} : Outcome{status.error().message}; }

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

void log_to(std::function<void(std::string_view)> to) {
  if (!to) to = [](std::string_view line) { fmt::print(stderr, "godwit: {}\n", line); };
  redirect_log([to = std::move(to)](LogLevel level, std::string_view line) {
    if (level != LogLevel::debug) to(line);
  });
}

}  // namespace

struct Client::State {
  SystemClock clock;
  std::string host, worker_id;
  std::unique_ptr<kafka::KafkaPublisher> publisher;
  std::unique_ptr<producer::Spool> spool;  // gone before the publisher
};

struct Migration::State {
  Outcome usable;  // else why no event can be sent
  std::string task_id;
  std::optional<producer::Migration> migration;
  Steady::time_point started_at = Steady::now(), stage_started_at = started_at;
  std::string stage;  // running; empty: none
  int stages_planned = 0, stages_begun = 0;
  std::optional<std::int64_t> bytes_done;        // of the running stage
  std::map<std::string, std::int64_t> bytes_of;  // of completed stages

  static Millis since(Steady::time_point then) {
    return std::chrono::duration_cast<Millis>(Steady::now() - then);
  }
  Outcome end_stage();
  producer::TaskResult result() const;
  std::optional<std::int64_t> moved(const char* of_stage) const;
  Outcome end(const Status& last);
};

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::~Client() = default;

Client::Opened Client::open(const ClientOptions& options) {
  log_to(options.log);
  auto state = std::make_unique<State>();
  state->host = options.host.empty() ? host_name() : options.host;
  state->worker_id = options.worker_id.empty() ? make_uuid_v7(state->clock.now()) : options.worker_id;
  auto publisher = kafka::KafkaPublisher::create(
      {.brokers = options.brokers, .client_id = "godwit", .properties = options.kafka},
      kafka::for_spool(producer::migration_topics()));
  if (!publisher) return {nullptr, publisher.error().message};
  state->publisher = std::move(*publisher);
  producer::SpoolOptions spool_options;
  spool_options.directory =
      options.spool.empty() ? producer::default_spool_directory(options.brokers) : options.spool;
  spool_options.disk_bytes_max = options.spool_bytes_max;
  spool_options.sync =
      options.durability == Durability::power_cut ? producer::Sync::each_record : producer::Sync::interval;
  auto spool = producer::Spool::open(*state->publisher, state->clock, std::move(spool_options));
  if (!spool) return {nullptr, spool.error().message};
  state->spool = std::move(*spool);
  return {std::unique_ptr<Client>{new Client{std::move(state)}}, ""};  // NOLINT: private constructor
}

Migration Client::begin(const Task& task) {
  auto state = std::make_unique<Migration::State>();
  producer::Identity identity;
  identity.task_id = task.task_id.empty() ? make_uuid_v7(state_->clock.now()) : task.task_id;
  identity.vm_name = task.vm_name;
  identity.provider = task.provider;
  identity.host = state_->host;
  identity.worker_id = state_->worker_id;
  identity.attempt = task.attempt;
  identity.user = given(task.user);
  identity.plan_id = given(task.plan_id);
  state->task_id = identity.task_id;
  if (const Status valid = producer::Migration::check(identity); !valid)
    state->usable = outcome(valid);
  else
    state->migration.emplace(*state_->spool, state_->clock, std::move(identity));
  return Migration{std::move(state)};
}

Outcome Client::flush(int timeout_ms) { return outcome(state_->spool->flush(Millis{timeout_ms})); }

Figures Client::figures() const {
  const producer::SpoolFigures figures = state_->spool->figures();
  return {figures.accepted, figures.refused, figures.acknowledged, figures.ticks_dropped, figures.owed};
}

Migration::Migration(std::unique_ptr<State> state) : state_(std::move(state)) {}
Migration::Migration(Migration&&) noexcept = default;
Migration& Migration::operator=(Migration&&) noexcept = default;
Migration::~Migration() = default;

const std::string& Migration::task_id() const { return state_->task_id; }

Outcome Migration::start(const std::vector<Stage>& stages, std::optional<std::int64_t> bytes_total) {
  State& state = *state_;
  if (!state.usable) return state.usable;
  producer::Announcement announcement;
  for (const Stage& stage : stages) announcement.stages.push_back({stage.name, stage.weight});
  announcement.bytes_total = bytes_total;
  state.stages_planned = static_cast<int>(stages.size());
  state.started_at = Steady::now();
  return outcome(state.migration->started(announcement));
}

Outcome Migration::stage(std::string_view name, std::optional<std::int64_t> bytes_total) {
  State& state = *state_;
  if (!state.usable) return state.usable;
  if (Outcome ended = state.end_stage(); !ended) return ended;
  state.stage = name;
  state.stage_started_at = Steady::now();
  const int index = state.stages_begun++;
  return outcome(
      state.migration->stage_started(name, index, std::max(state.stages_planned, index + 1), bytes_total));
}

Outcome Migration::State::end_stage() {
  if (stage.empty()) return {};
  const std::string ended = std::exchange(stage, "");
  const auto bytes = std::exchange(bytes_done, std::nullopt);
  if (bytes) bytes_of[ended] += *bytes;
  return outcome(migration->stage_completed(
      ended,
      {.duration = since(stage_started_at), .bytes_done = bytes, .checksum = std::nullopt, .files = {}}));
}

bool Migration::progress(std::int64_t bytes_done, std::optional<std::int64_t> bytes_total) {
  State& state = *state_;
  if (!state.usable || state.stage.empty()) return false;
  state.bytes_done = bytes_done;
  producer::Tick tick;
  tick.stage = state.stage;
  tick.bytes_done = bytes_done;
  tick.bytes_total = bytes_total;
  tick.unit_basis = "virtual";
  return state.migration->progress(tick);
}

bool Migration::progress_percent(double percentage) {
  State& state = *state_;
  if (!state.usable || state.stage.empty()) return false;
  producer::Tick tick;
  tick.stage = state.stage;
  tick.percentage = percentage;
  tick.unit_basis = "percent";
  return state.migration->progress(tick);
}

bool Migration::alive() { return state_->usable && state_->migration->heartbeat(state_->stage); }

Outcome Migration::warn(std::string_view message) {
  return state_->usable ? outcome(state_->migration->warning(message)) : state_->usable;
}

std::optional<std::int64_t> Migration::State::moved(const char* of_stage) const {
  const auto at = bytes_of.find(of_stage);
  return at == bytes_of.end() ? std::nullopt : std::optional{at->second};
}

producer::TaskResult Migration::State::result() const {
  return {.duration = since(started_at),
          .bytes_exported = moved("export"),
          .bytes_converted = moved("conversion"),
          .bytes_uploaded = moved("upload")};
}

Outcome Migration::State::end(const Status& last) {
  usable = Outcome{fmt::format("task {} has ended", task_id)};
  return outcome(last);
}

Outcome Migration::complete() {
  State& state = *state_;
  if (!state.usable) return state.usable;
  if (Outcome ended = state.end_stage(); !ended) return ended;
  return state.end(state.migration->completed(state.result()));
}

Outcome Migration::fail(std::string_view code, std::string_view message, bool retryable) {
  State& state = *state_;
  if (!state.usable) return state.usable;
  event::Failure failure;
  failure.code = code;
  failure.message = message;
  failure.retryable = retryable;
  if (!state.stage.empty()) {
    const Status told = state.migration->stage_failed(state.stage, failure,
                                                      State::since(state.stage_started_at), state.bytes_done);
    if (!told) return outcome(told);
    state.stage.clear();
  }
  return state.end(state.migration->failed(failure, State::since(state.started_at)));
}

Outcome Migration::cancel(std::string_view reason) {
  State& state = *state_;
  if (!state.usable) return state.usable;
  return state.end(state.migration->cancelled(reason));
}

}  // namespace godwit
