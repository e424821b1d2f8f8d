#include "tests/unit/webhooks/stage.h"

#include <fmt/format.h>
#include <unistd.h>

#include "common/event/codec.h"
#include "common/stream/event_record.h"
#include "consumers/webhooks/delivery_rows.h"

namespace godwit::webhooks::test {
namespace {

const std::vector<stream::TopicPartition> partitions{{"migrations.lifecycle", stream::Partition{0}},
                                                     {"platform.activity", stream::Partition{0}}};

std::filesystem::path make_directory() {
  std::string name = std::filesystem::temp_directory_path() / "godwit-webhooks-XXXXXX";
  return mkdtemp(name.data());
}

}  // namespace

bool eventually(const std::function<bool()>& condition, Millis deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  std::mutex mutex;
  std::condition_variable never;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::unique_lock lock{mutex};
    never.wait_for(lock, Millis{5});
  }
  return true;
}

Status Outgoing::publish(stream::OutRecord record, stream::Acknowledge acknowledge) {
  if (broken_) return transient_error("the log is away");
  {
    const std::lock_guard lock{mutex_};
    records_.push_back(std::move(record));
  }
  acknowledge(stream::Placed{stream::Partition{0}, stream::Offset{0}});
  return Done{};
}

std::vector<stream::OutRecord> Outgoing::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(records_, {});
}

Receiver::Receiver() {
  http::Router router;
  router.post("/{name}", [this](const http::Request& request) { return answer(request); });
  auto server = http::Server::start({}, std::move(router));
  GODWIT_CHECK(server.ok(), "no receiver");
  server_ = std::move(*server);
}

Receiver::~Receiver() {
  release();
  server_->stop();
}

void Receiver::script(const std::string& path, std::vector<Reply> replies) {
  const std::lock_guard lock{mutex_};
  scripts_[path].assign(replies.begin(), replies.end());
}

void Receiver::release() {
  {
    const std::lock_guard lock{mutex_};
    open_ = true;
  }
  released_.notify_all();
}

std::vector<Received> Receiver::received(const std::string& path) const {
  const std::lock_guard lock{mutex_};
  std::vector<Received> out;
  for (const Received& each : received_)
    if (each.path == path) out.push_back(each);
  return out;
}

http::Response Receiver::answer(const http::Request& request) {
  const auto header = [&](std::string_view name) { return std::string{request.header(name).value_or("")}; };
  std::unique_lock lock{mutex_};
  received_.push_back({request.path, header("webhook-id"), header("webhook-timestamp"),
                       header("webhook-signature"), request.body});
  Reply reply;
  if (auto& script = scripts_[request.path]; !script.empty()) {
    reply = script.front();
    script.pop_front();
  }
  if (reply.hang) released_.wait(lock, [this] { return open_; });
  return {.status = reply.status, .content_type = "text/plain", .body = "said so", .headers = reply.headers};
}

Stage::Stage(Endpoints endpoints, DispatcherOptions options)
    : directory_(make_directory()),
      endpoints_(std::make_shared<EndpointBook>(std::move(endpoints))),
      options_(std::move(options)) {
  if (!options_.chance) options_.chance = [] { return 0.5; };  // every wait is half of the longest
  start();
}

Stage::~Stage() {
  stop();
  std::filesystem::remove_all(directory_);
}

service::ViewContext Stage::context() {
  return {*readers_, outgoing, clock, *peers_, stores_->directory(), [this] { return runner_->stats(); }};
}

void Stage::start() {
  readers_ = std::make_unique<sqlite::Readers>();
  peers_ = std::make_unique<cluster::Alone>(*readers_);
  stores_ =
      std::make_unique<sqlite::PartitionFiles<Webhooks, Tables>>(directory_, *readers_, Webhooks{endpoints_});
  runner_ = std::make_unique<projection::Runner>(
      projection::RunnerOptions{.consumer = "godwit-webhooks"}, *stores_, outgoing, clock,
      [this](const std::string&, const projection::Touched&) { dispatcher_->wake(); });
  source_ = std::make_unique<stream::MemorySource>(log, *runner_);
  rebuild_ = std::make_unique<projection::Rebuild>(
      projection::RebuildOptions{.consumer = "godwit-webhooks"}, *stores_,
      std::vector<projection::Runner*>{runner_.get()},
      [this](stream::AssignmentListener& listener) -> Result<std::unique_ptr<stream::ManualSource>> {
        return std::unique_ptr<stream::ManualSource>{std::make_unique<stream::MemorySource>(log, listener)};
      },
      clock);
  dispatcher_ = std::make_unique<Dispatcher>(
      context(), endpoints_,
      [this](const Endpoint& endpoint, const Attempt&) {
        Endpoints changed = *endpoints_->now();
        for (Endpoint& each : changed)
          if (each.name == endpoint.name) each.enabled = false;
        endpoints_->set(std::move(changed));
      },
      options_);
  source_->assign(partitions);
  dispatcher_->start();
}

void Stage::stop() {
  if (!dispatcher_) return;
  dispatcher_->stop();
  dispatcher_.reset();
  rebuild_.reset();
  source_->close();
  source_.reset();
  runner_.reset();
  stores_.reset();
  peers_.reset();
  readers_.reset();
}

void Stage::restart() {
  stop();
  start();
}

void Stage::lose_disk() { std::filesystem::remove_all(directory_); }

void Stage::emit(const event::Event& event) {
  log.append(stream::encode(event), stream::Partition{0}, event.time);
}

void Stage::fold() {
  for (stream::OutRecord& record : outgoing.take())
    log.append(std::move(record), stream::Partition{0}, clock.now());
  runner_->turn(*source_);
  rebuild_->turn();
}

void Stage::rebuild() { rebuild_->start(false); }

bool Stage::is_rebuilt() const {
  const auto told = rebuild_->snapshot();
  return !told.running && told.stores.size() == 1 &&
         told.stores.front().state == projection::RebuildState::swapped;
}

void Stage::advance(Millis by) {
  clock.advance(by);
  dispatcher_->wake();
}

bool Stage::settle(const std::function<bool()>& condition) {
  return eventually([&] {
    fold();
    return condition();
  });
}

std::string Stage::status(const std::string& endpoint) const {
  std::vector<DeliveryRow> rows;
  readers_->for_each([&](const std::string&, sqlite::Database& db) {
    read_deliveries(db, {.endpoint = endpoint, .before_ms = INT64_MAX, .before_id = "", .limit = 1}, rows);
    return true;
  });
  return rows.empty() ? "" : rows.front().status;
}

std::vector<event::Event> Stage::told() {
  std::vector<event::Event> out;
  for (const stream::StoredRecord& stored : log.records(partitions[1])) {
    auto event = event::decode_structured(*stored.record.value);
    GODWIT_CHECK(event.ok(), "an outcome is no event");
    out.push_back(*event);
  }
  return out;
}

}  // namespace godwit::webhooks::test
