#include "common/base/uuid.h"

#include <doctest/doctest.h>

#include <set>
#include <thread>
#include <vector>

namespace godwit {
namespace {

TEST_CASE("a UUID of version 7 has the form of RFC 9562") {
  for (int i = 0; i < 1000; ++i) {
    const std::string id = make_uuid_v7(from_unix_ms(1795254859257));
    CAPTURE(id);
    REQUIRE(id.size() == 36);
    for (std::size_t at = 0; at < id.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      CHECK((dash ? id[at] == '-'
                  : std::string_view{"0123456789abcdef"}.find(id[at]) != std::string_view::npos));
    }
    CHECK(id[14] == '7');
    CHECK(std::string_view{"89ab"}.find(id[19]) != std::string_view::npos);
    CHECK(id.substr(0, 13) == "01a1fd87-35f9");  // the milliseconds, in hex
  }
}

TEST_CASE("UUIDs of later milliseconds sort later") {
  std::string before = make_uuid_v7(from_unix_ms(0));
  for (std::int64_t ms = 1; ms < 3'000'000'000'000; ms = ms * 2 + 1) {
    std::string id = make_uuid_v7(from_unix_ms(ms));
    CHECK(before < id);
    before = std::move(id);
  }
}

TEST_CASE("no two UUIDs are equal, within one millisecond and across threads") {
  constexpr std::size_t per_thread = 5000;
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(made.size());
    for (auto& mine : made)
      threads.emplace_back([&mine] {
        for (std::size_t i = 0; i < per_thread; ++i) mine.push_back(make_uuid_v7(from_unix_ms(1)));
      });
  }
  std::set<std::string> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  CHECK(all.size() == made.size() * per_thread);
}

}  // namespace
}  // namespace godwit
