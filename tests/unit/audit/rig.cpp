#include "tests/unit/audit/rig.h"

#include <fmt/format.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "common/stream/event_record.h"

namespace godwit::audit::test {

using event::Event;
using event::Type;

namespace {

Event blank(Type type, const std::string& id, std::int64_t at_ms, const std::string& subject) {
  Event out;
  out.id = id;
  out.source = "/workers/host-1";
  out.subject = subject;
  out.type = type;
  out.type_name = event::full_type(type);
  out.time = from_unix_ms(at_ms);
  return out;
}

std::string make_directory() {
  std::string path = (std::filesystem::temp_directory_path() / "godwit-audit-XXXXXX").string();
  REQUIRE(mkdtemp(path.data()) != nullptr);
  return path;
}

}  // namespace

Event task_event(Type type, const std::string& id, std::int64_t at_ms, const std::string& task_id) {
  Event out = blank(type, id, at_ms, task_id);
  out.data.vm_name = "web-1";
  out.data.provider = "vsphere";
  out.data.attempt = 1;
  return out;
}

Event actor_event(Type type, const std::string& id, std::int64_t at_ms) {
  return blank(type, id, at_ms, "alice");
}

std::vector<std::string> Answer::ids() const {
  std::vector<std::string> out;
  for (const auto& event : json["events"].GetArray()) out.emplace_back(event["event_id"].GetString());
  return out;
}

std::optional<std::string> Answer::next_cursor() const { return json::Object{json}.text("next_cursor"); }

Rig::Rig(std::int32_t partitions, const Audit& audit, Settings settings)
    : audit_(audit), settings_(std::move(settings)), directory_(make_directory()), log_(partitions) {
  settings_.search.time_max = Millis{60'000};
  start();
}

Rig::~Rig() {
  runner_.reset();
  std::filesystem::remove_all(directory_);
}

void Rig::start() {
  files_ = std::make_unique<sqlite::PartitionFiles<Audit, Tables>>(directory_, readers_, audit_);
  runner_ = std::make_unique<projection::Runner>(
      projection::RunnerOptions{.consumer = "audit", .store_key = projection::StoreKey::topic_partition},
      *files_, log_, clock_, nullptr);
  source_ = std::make_unique<stream::MemorySource>(log_, *runner_);
  source_->assign(all_partitions());
  view_ = std::make_unique<AuditView>(
      service::ViewContext{readers_, log_, clock_, peers_, files_->directory()}, settings_);
  router_ = {};
  view_->routes(router_);
}

void Rig::restart() {
  runner_.reset();
  start();
}

void Rig::forget() {
  runner_.reset();
  std::filesystem::remove_all(files_->directory());
  start();
}

std::vector<stream::TopicPartition> Rig::all_partitions() const {
  std::vector<stream::TopicPartition> out;
  for (const std::string& topic : {lifecycle, activity})
    for (std::int32_t i = 0; i < log_.partitions(); ++i) out.push_back({topic, stream::Partition{i}});
  return out;
}

void Rig::append(const Event& event, std::int32_t partition, const std::string& topic) {
  auto record = stream::encode(event);
  record.topic = topic;
  log_.append(std::move(record), stream::Partition{partition});
}

void Rig::append_record(stream::OutRecord record, std::int32_t partition, Timestamp timestamp) {
  log_.append(std::move(record), stream::Partition{partition}, timestamp);
}

void Rig::fold() {
  constexpr int turns_max = 1000;
  for (int turn = 0; turn < turns_max; ++turn) {
    runner_->turn(*source_);
    const auto stats = runner_->stats();
    REQUIRE(stats.suspended.empty());
    if (!stats.partitions.empty() && std::all_of(stats.partitions.begin(), stats.partitions.end(),
                                                 [](const auto& p) { return p.lag() == 0; }))
      return;
  }
  FAIL("the log is never folded to its end");
}

Answer Rig::get(const std::string& target) const {
  const http::Response response = ask(target);
  Answer out{response.status, response.body, {}};
  out.json.Parse(out.body.data(), out.body.size());
  REQUIRE_MESSAGE(!out.json.HasParseError(), out.body);
  return out;
}

http::Response Rig::ask(const std::string& target, const http::NameValues& headers) const {
  auto request = http::make_request("GET", target);
  REQUIRE(request.ok());
  request->headers = headers;
  request->remote_address = "192.0.2.7";
  return router_.handle(*std::move(request));
}

std::string Rig::metrics() const {
  metrics::Exposition page;
  view_->append_metrics(page);
  return page.text();
}

std::string Rig::file(const std::string& topic, std::int32_t partition) const {
  return fmt::format("{}/{}-{:04}.db", files_->directory(), topic, partition);
}

sqlite::Database Rig::open_by_hand(const std::string& topic, std::int32_t partition) const {
  auto db = sqlite::Database::open(file(topic, partition), sqlite::OpenMode::read_write);
  REQUIRE(db.ok());
  return *std::move(db);
}

std::int64_t Rig::rows() const {
  std::int64_t out = 0;
  for (const auto& at : all_partitions()) {
    auto db = open_by_hand(at.topic, at.partition.value());
    auto count = db.prepare("SELECT count(*) FROM record");
    count.step();
    out += count.integer(0);
  }
  return out;
}

}  // namespace godwit::audit::test
