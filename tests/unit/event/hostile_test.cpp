// Bytes made to hurt a reader: each is refused, and the process lives on.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/event/codec.h"

namespace godwit::event {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string queued_with(std::string_view member) {
  return fmt::format(R"({{"specversion":"1.0","id":"1","source":"/w/1","type":"io.godwit.task.queued.v1",)"
                     R"("subject":"t-1","time":"2026-11-14T20:11:07Z",)"
                     R"("data":{{"vm_name":"e","provider":"p","attempt":1,{}}}}})",
                     member);
}

std::string nested(std::string_view name, std::size_t levels) {
  return fmt::format(R"("{}":{}{})", name, repeated("[", levels), repeated("]", levels));
}

TEST_CASE("a mebibyte of opening brackets is refused by its size, and a little less by its form") {
  CHECK(decode_structured(repeated("[", 1 << 20)).error().kind == "too_large");
  CHECK(decode_structured(repeated("[", 1'000'000)).error().kind == "not_json");
  CHECK(decode_structured(repeated("{\"a\":", 199'999)).error().kind == "not_json");
  CHECK(decode_structured(repeated("[", 500'000) + repeated("]", 500'000)).error().kind == "not_object");
}

TEST_CASE("values in data nest to 32 levels and no deeper, known or unknown") {
  for (const char* name : {"mine", "metadata", "error", "labels"}) {
    CAPTURE(name);
    const auto deep = decode_structured(queued_with(nested(name, 33)));
    REQUIRE_FALSE(deep);
    CHECK(deep.error().kind == "range");
    CHECK(deep.error().pointer == fmt::format("/data/{}", name));
  }
  CHECK(decode_structured(queued_with(nested("mine", 32))));
  CHECK(decode_structured(queued_with(nested("mine", 400'000))).error().kind == "range");
}

TEST_CASE("an extension that nests deeply is refused for its type") {
  const std::string event = queued_with(R"("user":"u"})");
  const std::string deep = fmt::format("{{{},{}", nested("team", 100'000), event.substr(1, event.size() - 2));
  const auto decoded = decode_structured(deep);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().kind == "type");
  CHECK(decoded.error().pointer == "/team");
}

TEST_CASE("a hundred thousand equal names are one member") {
  std::string members = R"("x":0)";
  for (int i = 1; i < 100'000; ++i) members += fmt::format(R"(,"x":{})", i % 10);
  const auto decoded = decode_structured(queued_with(members));
  REQUIRE(decoded);
  REQUIRE(decoded->data.other.size() == 1);
  CHECK(decoded->data.other[0].json == "9");
}

TEST_CASE("names and pointers cannot forge lines of a log") {
  const auto decoded = decode_structured("{\"a\\nERROR forged\":1}");
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().pointer == "/a?ERROR forged");
  CHECK(decode_structured("{\"a/b~c\":1}").error().pointer == "/a~1b~0c");
  CHECK(decode_structured("{\"" + repeated("ü", 10'000) + "\":1}").error().pointer.size() < 300);
}

TEST_CASE("numbers beyond every range are refused, not wrapped") {
  for (const char* number :
       {"9007199254740992", "18446744073709551615", "18446744073709551616", "1e300", "-1"}) {
    CAPTURE(number);
    const auto decoded = decode_structured(queued_with(fmt::format(R"("bytes_total":{})", number)));
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().kind == "range");
  }
  CHECK(decode_structured(queued_with(R"("bytes_total":1e400)")).error().kind == "not_json");
}

TEST_CASE("no prefix of an event is an event") {
  const std::string event = queued_with(R"("labels":{"k":"ü"},"user":"é")");
  for (std::size_t size = 0; size < event.size(); ++size)
    CHECK_FALSE(decode_structured(event.substr(0, size)));
  CHECK(decode_structured(event));
}

TEST_CASE("an event with any one byte replaced is decoded or refused, and what is decoded can be encoded") {
  const std::string event =
      queued_with(R"("bytes_total":12,"labels":{"k":"ü"},"error":{"code":"c","message":"m"})");
  for (std::size_t at = 0; at < event.size(); ++at) {
    for (const char byte : {'\0', '"', '\\', '{', '}', '0', 'e', ',', '\x80', '\xC2', '\xFF'}) {
      std::string changed = event;
      changed[at] = byte;
      const auto decoded = decode_structured(changed);
      if (decoded) CHECK_MESSAGE(decode_structured(encode_structured(*decoded)).ok(), changed);
    }
  }
}

}  // namespace
}  // namespace godwit::event
