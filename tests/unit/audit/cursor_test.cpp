#include <doctest/doctest.h>

#include <limits>

#include "common/base/base64.h"
#include "consumers/audit/cursor.h"

using namespace godwit;
using namespace godwit::audit;

TEST_CASE("base64 agrees with RFC 4648") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xFB\xFF") == "+/8=");
  CHECK(base64url("\xFB\xFF") == "-_8");
}

TEST_CASE("base64url gives every byte back and takes one spelling only") {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (std::size_t size = 0; size <= all.size(); ++size)
    CHECK(from_base64url(base64url(all.substr(0, size))) == all.substr(0, size));
  for (const char* bad : {"Zg==", "Zh", "Z", "Zm9v!", "+/8", "Zm 9v"})
    CHECK_FALSE(from_base64url(bad).has_value());
}

TEST_CASE("a cursor comes back as the place it stands for") {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()}) {
    const Place place{number, "migrations.lifecycle-0007", number};
    CHECK(parse_cursor(cursor_text(place, Order::newest), Order::newest) == place);
    CHECK(parse_cursor(cursor_text(place, Order::oldest), Order::oldest) == place);
  }
}

TEST_CASE("a cursor of the other order, or one that was tampered with, is refused") {
  CHECK_FALSE(parse_cursor(cursor_text({1, "a", 2}, Order::newest), Order::oldest).has_value());
  for (const char* plain : {"", "1n", "1n 1", "1n 1 2", "1n 1 2 ", "1n 1 2 a b", "1n 01 2 a", "1n 1 2 ../a",
                            "1n x 2 a", "2n 1 2 a", "1n 1 99999999999999999999 a", "1n 1 2 a' OR 1"})
    CHECK_FALSE(parse_cursor(base64url(plain), Order::newest).has_value());
  CHECK_FALSE(parse_cursor("not a cursor", Order::newest).has_value());
  CHECK(parse_cursor(base64url("1n 1 2 a"), Order::newest).has_value());
}
