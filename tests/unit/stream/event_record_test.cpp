#include "common/stream/event_record.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace godwit::stream {
namespace {

constexpr std::string_view json =
    R"({"specversion":"1.0","id":"1","source":"/w/1","type":"io.godwit.task.queued.v1","subject":"t-1",)"
    R"("time":"2026-11-14T20:11:07.125Z","data":{"vm_name":"e","provider":"p","attempt":1}})";
constexpr std::string_view data_json = R"({"vm_name":"e","provider":"p","attempt":1})";

Record record(std::optional<std::string_view> value, std::vector<HeaderView> headers = {},
              std::optional<std::string_view> key = "t-1") {
  return {.topic = "migrations.lifecycle",
          .partition = Partition{0},
          .offset = Offset{0},
          .timestamp = {},
          .key = key,
          .value = value,
          .headers = std::move(headers)};
}

std::vector<HeaderView> binary_headers(std::vector<HeaderView> more = {}) {
  std::vector<HeaderView> out{{"ce_specversion", "1.0"}, {"ce_id", "1"},
                              {"ce_source", "/w/1"},     {"ce_type", "io.godwit.task.queued.v1"},
                              {"ce_subject", "t-1"},     {"ce_time", "2026-11-14T20:11:07.125Z"}};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

Record view_of(const OutRecord& out) {
  std::vector<HeaderView> headers;
  for (const auto& [name, value] : out.headers) headers.push_back({name, value});
  Record in = record(*out.value, std::move(headers), *out.key);
  in.topic = out.topic;
  return in;
}

std::string refusal_kind(const Record& in) {
  const auto decoded = decode(in);
  REQUIRE_FALSE(decoded);
  return decoded.error().kind;
}

TEST_CASE("a record is structured when its content type says so, in any case and with parameters") {
  for (const char* type : {"application/cloudevents+json", "application/cloudevents+json; charset=UTF-8",
                           "APPLICATION/CloudEvents+JSON", "application/cloudevents+json;charset=utf-8",
                           "application/cloudevents+json ; charset=utf-8"}) {
    CAPTURE(std::string{type});
    const auto decoded = decode(record(json, {{"content-type", type}}));
    REQUIRE_MESSAGE(decoded.ok(), decoded.error().message());
    CHECK(decoded->subject == "t-1");
  }
  CHECK(decode(record(json, {{"Content-Type", "application/cloudevents+json"}})));
}

TEST_CASE("attributes repeated in headers of a structured record count for nothing") {
  const auto decoded =
      decode(record(json, {{"content-type", "application/cloudevents+json"}, {"ce_id", "of the header"}}));
  REQUIRE(decoded);
  CHECK(decoded->id == "1");
}

TEST_CASE("a value without any header is read as structured, for kcat") { CHECK(decode(record(json))); }

TEST_CASE("headers with attributes make a record binary, with a content type or without") {
  for (const auto& more :
       {std::vector<HeaderView>{}, std::vector<HeaderView>{{"content-type", "application/json"}}}) {
    const auto decoded = decode(record(data_json, binary_headers(more)));
    REQUIRE_MESSAGE(decoded.ok(), decoded.error().message());
    CHECK(decoded->data.vm_name == "e");
  }
  CHECK(decode(record(data_json, binary_headers({{"ce_team", "storage"}})))->extensions.at(0).first ==
        "team");
}

TEST_CASE("headers of others and headers without a value are passed over") {
  const auto decoded =
      decode(record(data_json, binary_headers({{"x-trace", "1"}, {"ce_gone", std::nullopt}})));
  REQUIRE(decoded);
  CHECK(decoded->extensions.empty());
}

TEST_CASE("binary data in another format is refused") {
  CHECK(refusal_kind(record(data_json, binary_headers({{"content-type", "application/avro"}}))) == "pattern");
}

TEST_CASE("a structured event in another format, or a batch, is refused") {
  for (const char* type :
       {"application/cloudevents+avro", "application/cloudevents", "application/cloudevents-batch+json",
        "application/cloudevents+protobuf; x=y", "application/cloudevents+jsonx"})
    CHECK_MESSAGE(refusal_kind(record(json, {{"content-type", type}})) == "unsupported_format", type);
}

TEST_CASE("a record without a value is refused in either mode") {
  CHECK(refusal_kind(record(std::nullopt)) == "no_value");
  CHECK(refusal_kind(record(std::nullopt, {{"content-type", "application/cloudevents+json"}})) == "no_value");
  CHECK(refusal_kind(record(std::nullopt, binary_headers())) == "missing");
}

TEST_CASE("the record key must equal the subject, in either mode") {
  CHECK(refusal_kind(record(json, {}, "t-2")) == "key_mismatch");
  CHECK(refusal_kind(record(json, {}, "")) == "key_mismatch");
  CHECK(refusal_kind(record(json, {}, std::nullopt)) == "key_mismatch");
  CHECK(refusal_kind(record(data_json, binary_headers(), "T-1")) == "key_mismatch");
}

TEST_CASE("what is encoded is decoded again, in both modes") {
  const event::Event event =
      decode(record(data_json, binary_headers({{"ce_team", "ü"}, {"ce_sequence", "00000000000000000007"}})))
          .value();
  for (const ContentMode mode : {ContentMode::structured, ContentMode::binary}) {
    const OutRecord out = encode(event, mode);
    CHECK(out.topic == "migrations.lifecycle");
    CHECK(out.key == "t-1");
    const auto back = decode(view_of(out));
    REQUIRE_MESSAGE(back.ok(), back.error().message());
    CHECK(*back == event);
  }
}

TEST_CASE("the topic of an encoded event is the one of its type") {
  event::Event event = decode(record(json)).value();
  event.type = event::Type::stage_progress;
  CHECK(encode(event).topic == "migrations.progress");
  event.type = event::Type::audit_logged_in;
  CHECK(encode(event).topic == "platform.activity");
}

TEST_CASE("a header is found without regard to case, the first one counts, and null is absent") {
  const Record in = record("", {{"A", "1"}, {"a", "2"}, {"n", std::nullopt}});
  CHECK(in.header("a") == "1");
  CHECK_FALSE(in.header("n"));
  CHECK_FALSE(in.header("ab"));
}

}  // namespace
}  // namespace godwit::stream
