// What the codec makes of single events: modes, extensions, repeated names, unknown types.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/event/codec.h"

namespace godwit::event {
namespace {

constexpr std::string_view tick_data =
    R"({"vm_name":"erp-db-01","provider":"vsphere","attempt":1,"stage":"export","percentage":41.5})";

std::string structured(std::string_view more_attributes = "", std::string_view data = tick_data,
                       std::string_view type = "io.godwit.stage.progress.v1") {
  return fmt::format(R"({{"specversion":"1.0","id":"1","source":"/w/1","type":"{}","subject":"t-1",)"
                     R"("time":"2026-11-14T20:11:07.125Z"{},"data":{}}})",
                     type, more_attributes, data);
}

std::vector<Attribute> attributes(std::vector<Attribute> more = {}) {
  std::vector<Attribute> out{{"specversion", "1.0"}, {"id", "1"},
                             {"source", "/w/1"},     {"type", "io.godwit.stage.progress.v1"},
                             {"subject", "t-1"},     {"time", "2026-11-14T20:11:07.125Z"}};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

Refusal refusal_of(const Decoded& decoded) {
  REQUIRE_FALSE(decoded);
  return decoded.error();
}

TEST_CASE("structured and binary mode give the same event") {
  const auto binary =
      decode_binary(attributes({{"datacontenttype", "application/json"}, {"team", "storage"}}), tick_data);
  const auto json = decode_structured(structured(R"(,"team":"storage")"));
  REQUIRE(binary);
  REQUIRE(json);
  CHECK(*binary == *json);
  CHECK(binary->data.percentage == 41.5);
}

TEST_CASE(
    "a binary event without data, with null or with a list for data is refused as the structured one is") {
  CHECK(refusal_of(decode_binary(attributes(), "")).kind == "missing");
  CHECK(refusal_of(decode_binary(attributes(), "null")).kind == "missing");
  CHECK(refusal_of(decode_binary(attributes(), "[]")).kind == "type");
  CHECK(refusal_of(decode_binary(attributes(), "[]")).pointer == "/data");
  CHECK(refusal_of(decode_binary(attributes(), "{")).kind == "not_json");
}

TEST_CASE("an attribute in binary mode must be UTF-8 and named as CloudEvents names them") {
  const auto latin = refusal_of(decode_binary(attributes({{"team", "caf\xE9"}}), tick_data));
  CHECK(latin.kind == "invalid_utf8");
  CHECK(latin.pointer == "/team");
  CHECK(refusal_of(decode_binary(attributes({{"Team", "x"}}), tick_data)).kind == "pattern");
  CHECK(refusal_of(decode_binary(attributes({{"", "x"}}), tick_data)).kind == "pattern");
  CHECK(refusal_of(decode_binary(attributes({{"data", "{}"}}), tick_data)).kind == "pattern");
}

TEST_CASE("data of a binary event in another format is refused") {
  const auto xml = refusal_of(decode_binary(attributes({{"datacontenttype", "application/xml"}}), tick_data));
  CHECK(xml.kind == "pattern");
  CHECK(xml.pointer == "/datacontenttype");
}

TEST_CASE("extensions are kept in their order, booleans and integers as their text") {
  const auto event =
      decode_structured(structured(R"(,"zeta":"z","retries":3,"rehearsal":true,"whole":2.0,"gone":null)"));
  REQUIRE(event);
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(event->extensions == Pairs{{"zeta", "z"}, {"retries", "3"}, {"rehearsal", "true"}, {"whole", "2"}});
}

TEST_CASE("an event has at most 64 extensions") {
  std::string some;
  for (int i = 0; i < 64; ++i) some += fmt::format(R"(,"x{}":"v")", i);
  CHECK(decode_structured(structured(some)));
  const auto refusal = refusal_of(decode_structured(structured(fmt::format(R"({},"more":"v")", some))));
  CHECK(refusal.kind == "range");
  CHECK(refusal.pointer == "/more");
}

TEST_CASE("of two members with one name the last counts, as in other JSON readers") {
  const auto attribute = decode_structured(structured(R"(,"subject":"t-2","team":"a","team":"b")"));
  REQUIRE(attribute);
  CHECK(attribute->subject == "t-2");
  CHECK(attribute->extensions.size() == 1);
  CHECK(attribute->extensions[0].second == "b");

  const auto member = decode_structured(structured(
      "", R"({"vm_name":1,"vm_name":"erp","provider":"vsphere","attempt":9,"attempt":1,"stage":"export",)"
          R"("bytes_done":1,"x":1,"x":{"y":1,"y":2}})"));
  REQUIRE_MESSAGE(member.ok(), member.error().message());
  CHECK(member->data.vm_name == "erp");
  CHECK(member->data.attempt == 1);
  REQUIRE(member->data.other.size() == 1);
  CHECK(member->data.other[0].json == R"({"y":2})");

  CHECK(refusal_of(decode_structured(structured(R"(,"id":"1","id":7)"))).pointer == "/id");
  CHECK(decode_binary(attributes({{"id", "2"}}), tick_data)->id == "2");
}

TEST_CASE("a type nobody knows is read as far as it can be and loses nothing") {
  const std::string data = R"({"vm_name":"erp","attempt":"first","stage":{"n":1},"mine":[1,2]})";
  const auto event = decode_structured(structured("", data, "org.example.moon.rose.v3"));
  REQUIRE(event);
  CHECK(event->type == Type::unknown);
  CHECK(event->type_name == "org.example.moon.rose.v3");
  CHECK(event->data.vm_name == "erp");
  CHECK_FALSE(event->data.attempt);
  REQUIRE(find_other(event->data, "attempt") != nullptr);
  CHECK(*find_other(event->data, "attempt") == R"("first")");
  CHECK(*decode_structured(encode_structured(*event)) == *event);
  CHECK(decode_structured(structured("", "[1,2]", "org.example.moon.rose.v3")));
  CHECK(refusal_of(decode_structured(structured(R"(,"time":"noon")", "{}", "org.example.moon.rose.v3")))
            .pointer == "/time");
}

TEST_CASE("members this build has no field for are kept, also those inside error, stages and disks") {
  const auto event = decode_structured(structured(
      "",
      R"({"vm_name":"e","provider":"p","attempt":1,"colour":"teal","empty":null,)"
      R"("error":{"code":"c","message":"m","hint":[1]},"stages":[{"stage":"export","icon":"box"}],)"
      R"("disks":[{"index":0,"bus":"scsi"}]})",
      "io.godwit.task.failed.v1"));
  REQUIRE_MESSAGE(event.ok(), event.error().message());
  CHECK(event->data.other == std::vector<OtherMember>{{"colour", R"("teal")"}});
  CHECK(event->data.error->other == std::vector<OtherMember>{{"hint", "[1]"}});
  CHECK(event->data.stages.at(0).other == std::vector<OtherMember>{{"icon", R"("box")"}});
  CHECK(*decode_structured(encode_structured(*event)) == *event);
}

TEST_CASE("an empty list stays an empty list") {
  const auto event = decode_structured(structured(
      "", R"({"vm_name":"e","provider":"p","attempt":1,"stages":[]})", "io.godwit.task.started.v1"));
  REQUIRE(event);
  CHECK(event->data.stages.empty());
  CHECK(encode_data(event->data).find(R"("stages":[])") != std::string::npos);
}

TEST_CASE("lengths count characters, not bytes") {
  std::string name;
  for (int i = 0; i < 512; ++i) name += "ü";
  const auto with_name = [](const std::string& vm) {
    return structured("", fmt::format(R"({{"vm_name":"{}","provider":"p","attempt":1}})", vm),
                      "io.godwit.task.queued.v1");
  };
  CHECK(decode_structured(with_name(name)));
  CHECK(refusal_of(decode_structured(with_name(fmt::format("{}ü", name)))).kind == "range");
}

TEST_CASE("what a producer is about to send is validated like what is read") {
  Event event = decode_structured(structured()).value();
  CHECK_FALSE(validate(event));
  event.data.stage.reset();
  CHECK(validate(event)->pointer == "/data/stage");
  event.data.stage = "export";
  event.data.percentage.reset();
  CHECK(validate(event)->pointer == "/data/bytes_done");
  event.data.bytes_done = 0;
  event.data.task_id = "t-2";
  CHECK(validate(event)->kind == "mismatch");
  event.subject = "with space";
  CHECK(validate(event)->pointer == "/subject");
}

std::uint64_t identity_of(std::string_view source, std::string_view id) {
  Event event;
  event.source = std::string{source};
  event.id = std::string{id};
  return identity_hash(event);
}

TEST_CASE("the identity of an event is its source and its id together") {
  CHECK(identity_of("ab", "c") == identity_of("ab", "c"));
  CHECK(identity_of("ab", "c") != identity_of("a", "bc"));
  CHECK(identity_of("ab", "c") != identity_of("c", "ab"));
}

}  // namespace
}  // namespace godwit::event
