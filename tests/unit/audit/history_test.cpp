// The audit held against random histories whose records some bug, wire or hand has damaged: nothing keeps a
// record out, and each is one row.
#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <set>

#include "common/stream/event_record.h"
#include "consumers/audit/members.h"
#include "tests/unit/audit/rig.h"
#include "tests/unit/projection_life/history.h"

namespace godwit::audit {
namespace {

using event::Event;
using godwit::test::Teller;

constexpr std::uint64_t histories = 500;
constexpr std::uint64_t stored_histories = 25;

stream::OutRecord damaged(stream::OutRecord record, Teller& teller) {
  std::string& value = *record.value;
  const auto place = [&] {
    return static_cast<std::size_t>(teller.draw(0, static_cast<std::int64_t>(value.size()) - 1));
  };
  switch (teller.draw(0, 5)) {
    case 0:
      value.resize(place());
      break;
    case 1:
      value[place()] = static_cast<char>(teller.draw(0, 255));
      break;
    case 2:
      value.erase(place(), static_cast<std::size_t>(teller.draw(1, 20)));
      break;
    case 3:
      value.insert(place(), value.substr(place(), 20));
      break;
    case 4:
      record.key = "somebody-else";
      break;
    default:
      record.value.reset();
      break;
  }
  return record;
}

// The records of one history, every fourth of them damaged.
std::vector<stream::OutRecord> records_of(Teller& teller) {
  std::vector<stream::OutRecord> out;
  for (Event& event : teller.interleave(teller.tell())) {
    event.data.delivery_id = "msg_1";
    event.data.try_number = 1;
    auto record = stream::encode(
        event, teller.chance(50) ? stream::ContentMode::structured : stream::ContentMode::binary);
    record.topic = test::lifecycle;
    out.push_back(teller.chance(25) ? damaged(std::move(record), teller) : std::move(record));
  }
  return out;
}

Timestamp any_time(Teller& teller) {
  constexpr std::array<std::int64_t, 5> edges_ms{0, -1, 1'790'000'000'000,
                                                 std::numeric_limits<std::int64_t>::min(),
                                                 std::numeric_limits<std::int64_t>::max()};
  return from_unix_ms(edges_ms.at(static_cast<std::size_t>(teller.draw(0, 4))));
}

stream::Record view_of(const stream::OutRecord& record, Timestamp timestamp) {
  stream::Record out{.topic = record.topic,
                     .partition = stream::Partition{0},
                     .offset = stream::Offset{0},
                     .timestamp = timestamp,
                     .key = record.key,
                     .value = record.value,
                     .headers = {}};
  for (const auto& [name, value] : record.headers) out.headers.push_back({name, value});
  return out;
}

AuditEntry mapped(const stream::Record& record, const event::Decoded& decoded) {
  return decoded ? make_entry(*decoded) : entry_of(unreadable(record, decoded.error()));
}

TEST_CASE("every record, damaged or not and of any time, is mapped to an entry and never throws") {
  std::size_t events = 0;
  std::size_t others = 0;
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    for (const stream::OutRecord& out : records_of(teller)) {
      const stream::Record record = view_of(out, any_time(teller));
      const event::Decoded decoded = stream::decode(record);
      AuditEntry entry;
      REQUIRE_NOTHROW(entry = mapped(record, decoded));
      REQUIRE_FALSE(entry.event_id.empty());
      REQUIRE_FALSE(entry.event_type.empty());
      REQUIRE((entry.event_type == "unparseable") == !decoded.ok());
      REQUIRE(entry == mapped(record, decoded));  // the bytes alone decide
      ++(decoded ? events : others);
    }
  }
  // Both ways have been gone, many times.
  CHECK(events > 10 * histories);
  CHECK(others > histories);
}

TEST_CASE("every record is one row, whatever it holds, and resent events are flagged") {
  for (std::uint64_t seed = 1; seed <= stored_histories; ++seed) {
    CAPTURE(seed);
    Teller teller{seed};
    test::Rig rig{1};
    std::set<std::pair<std::string, std::string>> known;
    std::int64_t records = 0;
    std::int64_t resent = 0;
    for (stream::OutRecord& record : records_of(teller)) {
      const Timestamp timestamp = any_time(teller);
      const event::Decoded decoded = stream::decode(view_of(record, timestamp));
      if (decoded && !known.insert({decoded->source, decoded->id}).second) ++resent;
      rig.append_record(std::move(record), 0, timestamp);
      ++records;
    }
    if (records == 0) continue;
    rig.fold();
    REQUIRE(rig.rows() == records);
    auto db = rig.open_by_hand();
    auto flagged = db.prepare("SELECT count(*) FROM record WHERE duplicate");
    REQUIRE(flagged.step());
    REQUIRE(flagged.integer(0) == resent);
    const auto page = rig.get("/api/v1/audit?limit=1000");
    REQUIRE(page.status == 200);
    REQUIRE(static_cast<std::int64_t>(page.ids().size()) == std::min<std::int64_t>(records, 1000));
  }
}

}  // namespace
}  // namespace godwit::audit
