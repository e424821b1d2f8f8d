// The golden examples of schemas/examples against the codec.
#include <doctest/doctest.h>

#include "common/event/codec.h"
#include "examples.h"

namespace godwit::event::testing {
namespace {

std::string text_at(const rapidjson::Value& object, const char* name) { return object[name].GetString(); }

std::vector<Attribute> views_of(const std::vector<std::pair<std::string, std::string>>& attributes) {
  std::vector<Attribute> out;
  out.reserve(attributes.size());
  for (const auto& [name, value] : attributes) out.push_back({name, value});
  return out;
}

void check_refused(const std::string& kind) {
  for (const Example& example : examples(kind)) {
    CAPTURE(example.name);
    const auto wanted = parse(example.bytes);
    const auto decoded = decode_structured(text_of(wanted["event"]));
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().kind == text_at(wanted, "keyword"));
    CHECK(decoded.error().pointer == text_at(wanted, "pointer"));
  }
}

TEST_CASE("every good example is decoded, and encoded again it is the same event") {
  for (const Example& example : examples("good")) {
    CAPTURE(example.name);
    const auto decoded = decode_structured(example.bytes);
    REQUIRE_MESSAGE(decoded.ok(), decoded.error().message());
    const std::string encoded = encode_structured(*decoded);
    CHECK_MESSAGE(normalised(encoded) == normalised(example.bytes), encoded);
    CHECK(*decode_structured(encoded) == *decoded);
  }
}

TEST_CASE("every good example is the same event in binary mode") {
  for (const Example& example : examples("good")) {
    CAPTURE(example.name);
    const Event event = decode_structured(example.bytes).value();
    const auto attributes = encode_attributes(event);
    const auto decoded = decode_binary(views_of(attributes), encode_data(event.data));
    REQUIRE_MESSAGE(decoded.ok(), decoded.error().message());
    CHECK(*decoded == event);
  }
}

TEST_CASE("every bad example is refused for its one fault at its pointer") { check_refused("bad"); }

TEST_CASE("what JSON Schema cannot express is refused by the codec") { check_refused("bad-codec-only"); }

TEST_CASE("bytes that are no event are refused with the class of their fault") {
  const auto index = parse_file("examples/raw/index.json");
  for (const auto& row : index.GetArray()) {
    const std::string file = text_at(row, "file");
    CAPTURE(file);
    const auto decoded = decode_structured(read_file("examples/raw/" + file));
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().kind == text_at(row, "reason"));
    CHECK(decoded.error().pointer.empty());
  }
}

}  // namespace
}  // namespace godwit::event::testing
