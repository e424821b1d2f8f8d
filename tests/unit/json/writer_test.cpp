#include "common/json/writer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "common/json/rapidjson.h"

namespace godwit::json {
namespace {

TEST_CASE("objects and arrays are written from left to right") {
  Writer out;
  out.begin_object().member("a", 1).member("b", "x").member("c", true).key("d").begin_array();
  out.value(std::uint64_t{18446744073709551615U}).null().end_array().end_object();
  CHECK(out.take() == R"({"a":1,"b":"x","c":true,"d":[18446744073709551615,null]})");
}

TEST_CASE("texts are escaped and may hold a NUL") {
  Writer out;
  out.value(std::string_view{"\"\\\n\0ü", 6});
  CHECK(out.take() == "\"\\\"\\\\\\n\\u0000ü\"");
}

TEST_CASE("an empty optional is null as a value and left out as a member") {
  Writer out;
  const std::optional<std::string> none;
  out.begin_object().member_if("left_out", none).key("null").value(none).end_object();
  CHECK(out.take() == R"({"null":null})");
}

TEST_CASE("doubles read back as the same double, and what JSON cannot say is null") {
  for (const double number : {0.1, 1e-300, 87.4, 1.0 / 3.0, 9007199254740993.0, -0.5}) {
    Writer out;
    out.value(number);
    rapidjson::Document read;
    read.Parse<parse_flags>(out.take().c_str());
    CHECK(read.GetDouble() == number);
  }
  Writer out;
  out.begin_array().value(std::nan("")).value(std::numeric_limits<double>::infinity()).end_array();
  CHECK(out.take() == "[null,null]");
}

TEST_CASE("raw text is taken as one value") {
  Writer out;
  out.begin_object().member_raw("kept", R"({"a":[1]})").member("next", 2).end_object();
  CHECK(out.take() == R"({"kept":{"a":[1]},"next":2})");
}

TEST_CASE("depth is counted in objects and arrays alike") {
  rapidjson::Document value;
  value.Parse(R"({"a":[{"b":1}]})");
  CHECK(nests_within(value, 3));
  CHECK_FALSE(nests_within(value, 2));
  value.Parse("1");
  CHECK(nests_within(value, 0));
}

}  // namespace
}  // namespace godwit::json
