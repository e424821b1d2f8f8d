// Which trees are signed, and what is never signed.
#include "consumers/audit/checkpointer.h"

#include <doctest/doctest.h>

#include "common/base/base64.h"
#include "tests/lib/temporary_directory.h"
#include "tests/unit/audit/rig.h"

using namespace godwit;
using namespace godwit::audit;
using namespace godwit::audit::test;

namespace {

const std::string checkpoints = "godwit.checkpoints";
const ledger::Origin origin{"memory", lifecycle, 0};

// A log that takes nothing.
class MutePublisher final : public stream::Publisher {
 public:
  Status publish(stream::OutRecord, stream::Acknowledge) override { return transient_error("no broker"); }
  Status flush(Millis) override { return Done{}; }
};

struct Notary : Rig {
  explicit Notary(const Audit& audit = {.segments = {.rows_max = 10, .bytes_max = 1'000'000}})
      : Rig(1, audit) {}

  Checkpointer checkpointer() {
    return Checkpointer{readers(),
                        published,
                        clock,
                        {.key_file = keep.path() + "/key",
                         .signed_file = keep.path() + "/signed.db",
                         .topic = checkpoints,
                         .interval = Millis{60'000}}};
  }
  void tell(int events) {
    for (int i = 0; i < events; ++i)
      append(task_event(event::Type::task_paused, fmt::format("e-{:06}", told++)));
    fold();
  }
  std::vector<std::uint64_t> sizes(const std::vector<ledger::VerifierKey>& keys) const {
    std::vector<std::uint64_t> out;
    for (const auto& stored : published.records({checkpoints, stream::Partition{0}})) {
      REQUIRE(stored.record.key == origin.text());
      rapidjson::Document json;
      json.Parse(stored.record.value->data(), stored.record.value->size());
      const auto checkpoint = ledger::open_checkpoint(json["note"].GetString(), keys, origin);
      REQUIRE_MESSAGE(checkpoint.ok(), checkpoint.error().message);
      const auto frontier = ledger::Frontier::parse(*from_base64(json["frontier"].GetString()));
      REQUIRE(frontier.ok());
      ledger::Hasher hasher;
      CHECK(frontier->size == checkpoint->head.size);
      CHECK(frontier->root(hasher) == checkpoint->head.root);
      out.push_back(checkpoint->head.size);
    }
    return out;
  }

  testing::TemporaryDirectory keep;
  stream::MemoryLog published{1};
  FakeClock clock{from_unix_ms(0)};
  int told = 0;
};

// One instance has signed 10, 20 and 25 records; others read that back from the log.
struct Published {
  Published() {
    notary.tell(25);
    notary.checkpointer().look(true);
  }

  // An instance with this store and the same key.
  std::unique_ptr<Checkpointer> instance(const Rig& store, const std::string& name) {
    const auto read = [this](const std::string& topic, std::optional<std::int64_t>,
                             const auto& visit) -> Status {
      ++reads;
      if (away) return transient_error(*away);
      for (const auto& stored : notary.published.records({topic, stream::Partition{0}}))
        visit(stream::view_of(stored, stream::Partition{0}));
      return Done{};
    };
    return std::make_unique<Checkpointer>(store.readers(), log, notary.clock,
                                          CheckpointerOptions{.key_file = notary.keep.path() + "/key",
                                                              .signed_file = notary.keep.path() + "/" + name,
                                                              .topic = checkpoints},
                                          read);
  }
  std::size_t signed_since() { return log.records({checkpoints, stream::Partition{0}}).size(); }

  Notary notary;
  std::optional<std::string> away;  // why the log cannot be read
  int reads = 0;
  stream::MemoryLog log{1};  // what the others sign
};

void append_paused(Rig& rig, int first, int end, const char* prefix) {
  for (int i = first; i < end; ++i)
    rig.append(task_event(event::Type::task_paused, fmt::format("{}-{:06}", prefix, i)));
  rig.fold();
}

}  // namespace

TEST_CASE("a tree is signed where a segment ends, after a while, and at the end") {
  Notary notary;
  auto checkpointer = notary.checkpointer();
  checkpointer.look(false);
  CHECK_FALSE(checkpointer.key().has_value());  // there is nothing to sign yet
  notary.tell(27);
  checkpointer.look(false);
  REQUIRE(checkpointer.key().has_value());
  const std::vector keys{*checkpointer.key()};
  CHECK(notary.sizes(keys) == std::vector<std::uint64_t>{10, 20});
  notary.clock.advance(Millis{59'999});
  checkpointer.look(false);
  CHECK(notary.sizes(keys).size() == 2);
  notary.clock.advance(Millis{1});
  checkpointer.look(false);
  CHECK(notary.sizes(keys) == std::vector<std::uint64_t>{10, 20, 27});
  notary.tell(1);
  checkpointer.look(false);
  checkpointer.look(true);
  checkpointer.look(true);
  CHECK(notary.sizes(keys) == std::vector<std::uint64_t>{10, 20, 27, 28});
  CHECK(checkpointer.latest(origin)->head.size == 28);
  CHECK(checkpointer.covering(origin, 11)->head.size == 20);
  CHECK_FALSE(checkpointer.covering(origin, 29).has_value());
  CHECK(checkpointer.refused().empty());
}

TEST_CASE(
    "nothing is signed before what others have published is read back, and then it goes on from there") {
  Published world;
  world.away = "no broker";
  const auto here = world.instance(world.notary, "here.db");
  here->look(true);
  CHECK(here->refused().at(origin.text()).find("no broker") != std::string::npos);
  CHECK(here->contradicted().empty());
  CHECK(world.signed_since() == 0);
  world.away.reset();
  world.notary.tell(6);
  here->look(true);
  CHECK(here->refused().empty());
  CHECK(here->latest(origin)->head.size == 31);
  CHECK(world.signed_since() == 2);  // 30 and 31; what the other one signed is in the log
  const int before = world.reads;
  here->look(true);
  CHECK(world.reads == before);
}

TEST_CASE("a store that is older than what was published is not signed, until it has grown to that") {
  Published world;
  Rig younger{1, {.segments = {.rows_max = 10, .bytes_max = 1'000'000}}};
  append_paused(younger, 0, 12, "e");
  const auto there = world.instance(younger, "there.db");
  there->look(true);
  CHECK(there->refused().at(origin.text()).find("has 12 records, and 25 were signed") != std::string::npos);
  CHECK(there->contradicted().size() == 1);
  CHECK(world.signed_since() == 0);
  append_paused(younger, 12, 27, "e");
  there->look(true);
  CHECK(there->refused().empty());
  CHECK(there->latest(origin)->head.size == 27);
}

TEST_CASE("a store of other records than those published is never signed") {
  Published world;
  Rig other{1, {.segments = {.rows_max = 10, .bytes_max = 1'000'000}}};
  append_paused(other, 0, 30, "x");
  const auto there = world.instance(other, "there.db");
  there->look(true);
  CHECK(there->refused().at(origin.text()).find("are not those that were signed") != std::string::npos);
  CHECK(world.signed_since() == 0);
}

TEST_CASE("what no key of ours has signed and published counts for nothing") {
  Published world;
  world.notary.published.append(
      {.topic = checkpoints, .key = origin.text(), .value = "rubbish", .headers = {}});
  world.notary.tell(6);
  const auto here = world.instance(world.notary, "here.db");
  here->look(true);
  CHECK(here->refused().empty());
}

TEST_CASE("another process goes on where one has ended, with the same key and the same bytes") {
  Notary notary;
  notary.tell(5);
  notary.checkpointer().look(true);
  notary.tell(5);
  notary.restart();
  notary.fold();
  auto next = notary.checkpointer();
  next.look(true);
  REQUIRE(next.key().has_value());
  CHECK(notary.sizes({*next.key()}) == std::vector<std::uint64_t>{5, 10});
}

TEST_CASE("what the log does not take is published later, once") {
  Notary notary;
  notary.tell(10);
  MutePublisher mute;
  {
    Checkpointer checkpointer{notary.readers(),
                              mute,
                              notary.clock,
                              {.key_file = notary.keep.path() + "/key",
                               .signed_file = notary.keep.path() + "/signed.db",
                               .topic = checkpoints}};
    checkpointer.look(true);
    CHECK(checkpointer.latest(origin)->head.size == 10);
  }
  auto next = notary.checkpointer();
  next.look(true);
  next.look(true);
  REQUIRE(next.key().has_value());
  CHECK(notary.sizes({*next.key()}) == std::vector<std::uint64_t>{10});
}

TEST_CASE("a store that is older than what was signed is not signed, and said, until it has caught up") {
  Notary notary;
  notary.tell(15);
  auto checkpointer = notary.checkpointer();
  checkpointer.look(true);
  const std::vector keys{*checkpointer.key()};
  Notary older;  // the same log, folded less far
  older.tell(12);
  Checkpointer after{older.readers(),
                     older.published,
                     older.clock,
                     {.key_file = notary.keep.path() + "/key",
                      .signed_file = notary.keep.path() + "/signed.db",
                      .topic = checkpoints}};
  after.look(true);
  CHECK(older.sizes(keys).empty());
  REQUIRE(after.refused().contains(origin.text()));
  CHECK(after.refused().at(origin.text()).find("12 records, and 15 were signed") != std::string::npos);
  older.tell(5);
  after.look(true);
  CHECK(older.sizes(keys) == std::vector<std::uint64_t>{17});
  CHECK(after.refused().empty());
}

TEST_CASE("a store with another past than what was signed is never signed") {
  Notary notary;
  notary.tell(15);
  auto checkpointer = notary.checkpointer();
  checkpointer.look(true);
  Notary other;
  other.told = 1;
  other.tell(40);
  Checkpointer after{other.readers(),
                     other.published,
                     other.clock,
                     {.key_file = notary.keep.path() + "/key",
                      .signed_file = notary.keep.path() + "/signed.db",
                      .topic = checkpoints}};
  after.look(true);
  CHECK(other.published.records({checkpoints, stream::Partition{0}}).empty());
  CHECK(after.refused().at(origin.text()).find("first 15 records are not those that were signed") !=
        std::string::npos);
}
