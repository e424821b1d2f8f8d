#include "producers/gateway/batch.h"

#include <doctest/doctest.h>

#include <string>

namespace godwit::gateway {
namespace {

using Elements = std::vector<std::string_view>;

}  // namespace

TEST_CASE("an array is split at its own commas only") {
  CHECK(*split_array(" [ ] ", 9) == Elements{});
  CHECK(*split_array("[1]", 9) == Elements{"1"});
  CHECK(*split_array("\n[ {\"a\":[1,2]} ,\t\"x,]\\\"}\" , {} ]\n", 9) ==
        Elements{"{\"a\":[1,2]}", "\"x,]\\\"}\"", "{}"});
}

TEST_CASE("what cannot be an array is none") {
  for (const char* text : {"", "[", "]", "{}", "[1", "1]", "[{]", "[}]", "[\"]", "[\"\\\"]", "[[]", "[]]",
                           "[],[1]", "{\"a\":[1]}"})
    CHECK_FALSE(split_array(text, 9).has_value());
}

TEST_CASE("a missing element comes out empty, for the codec to refuse") {
  CHECK(*split_array("[1,]", 9) == Elements{"1", ""});
  CHECK(*split_array("[,]", 9) == Elements{"", ""});
}

TEST_CASE("splitting ends just past the bound") {
  std::string many = "[0";
  for (int i = 0; i < 1000; ++i) many += ",0";
  CHECK(split_array(many + "]", 10)->size() == 11);
  CHECK(split_array(many + "]", 1001)->size() == 1001);
}

TEST_CASE("deep nesting costs no stack") {
  CHECK(split_array(std::string(1'000'000, '[') + std::string(1'000'000, ']'), 9)->size() == 1);
}

}  // namespace godwit::gateway
