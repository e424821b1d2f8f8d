#include "tests/unit/gateway/malformed.h"
#include "tests/unit/gateway/requests.h"

namespace godwit::gateway {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

std::string object(const Members& members) {
  std::string out = "{";
  for (const auto& [name, json] : members)
    out += fmt::format("{}\"{}\":{}", out.size() == 1 ? "" : ",", name, json);
  return out + "}";
}

// The object with one member set to this JSON, or without it.
std::string with(Members members, std::string_view name, std::string_view json) {
  std::erase_if(members, [name](const auto& member) { return member.first == name; });
  if (!json.empty()) members.emplace_back(name, json);
  return object(members);
}

const Members good_data{{"vm_name", R"("web-1")"}, {"provider", R"("vsphere")"}, {"attempt", "1"}};

Members good_event() {
  return {{"specversion", R"("1.0")"},    {"id", R"("e-1")"},
          {"source", R"("/workers/w1")"}, {"type", R"("io.godwit.task.started.v1")"},
          {"subject", R"("task-1")"},     {"time", R"("2026-11-21T09:54:19Z")"},
          {"data", object(good_data)}};
}

Malformed event(std::string what, std::string_view name, std::string_view json, std::string pointer,
                std::string detail) {
  return {std::move(what), post_structured(with(good_event(), name, json)), 400,
          fmt::format("{} {}", pointer, detail), pointer};
}

Malformed data(std::string what, std::string_view name, std::string_view json, std::string pointer,
               std::string detail) {
  return event(std::move(what), "data", with(good_data, name, json), std::move(pointer), std::move(detail));
}

Malformed body(std::string what, std::string bytes, std::string detail, int status = 400,
               std::string pointer = "") {
  return {std::move(what), post_structured(std::move(bytes)), status, std::move(detail), std::move(pointer)};
}

std::string quoted(std::size_t characters) { return fmt::format("\"{}\"", std::string(characters, 'x')); }

}  // namespace

std::vector<Malformed> malformed_bodies() {
  const std::string good = object(good_event());
  return {
      body("no body", "", "no JSON at byte 0: The document is empty."),
      body("white space", " \n ", "no JSON at byte 3: The document is empty."),
      body("an event cut off", good.substr(0, good.size() / 2),
           "no JSON at byte 99: Missing a colon after a name of object member."),
      body("two events", good + good,
           "no JSON at byte 199: The document root must not be followed by other values."),
      body("a comma too many", good.substr(0, good.size() - 1) + ",}",
           "no JSON at byte 199: Missing a name for object member."),
      body("single quotes", "{'id':'e-1'}", "no JSON at byte 1: Missing a name for object member."),
      body("no JSON from the first byte", "\x89PNG\r\n", "no JSON at byte 0: Invalid value."),
      body("a batch in structured mode", batch_of({good}), "an event is a JSON object"),
      body("a number", "7", "an event is a JSON object"),
      body("a string", "\"e-1\"", "an event is a JSON object"),
      body("null", "null", "an event is a JSON object"),
      body("an empty object", "{}", "/specversion is required", 400, "/specversion"),
      body("Latin-1", with(good_event(), "id", "\"\xe9\""),
           "no JSON at byte 194: Invalid encoding in string."),
      body("half a surrogate pair", with(good_event(), "id", R"("\ud800")"),
           "no JSON at byte 194: The surrogate pair in string is invalid."),
      body("NaN", with(good_event(), "data", "NaN"), "no JSON at byte 146: Invalid value."),
      body("one byte over a megabyte", good + std::string(1'000'001 - good.size(), ' '),
           "1000001 bytes are more than the limit of 1000000", 413),
  };
}

std::vector<Malformed> malformed_attributes() {
  return {
      event("no specversion", "specversion", "", "/specversion", "is required"),
      event("specversion 0.3", "specversion", R"("0.3")", "/specversion", "must be \"1.0\""),
      event("specversion as a number", "specversion", "1.0", "/specversion", "must be a string"),
      event("no id", "id", "", "/id", "is required"),
      event("an id of null", "id", "null", "/id", "is required"),
      event("an empty id", "id", R"("")", "/id", "must have 1 to 256 characters"),
      event("an id too long", "id", quoted(257), "/id", "must have 1 to 256 characters"),
      event("an id that is a number", "id", "7", "/id", "must be a string"),
      event("an id with a line break", "id", R"("a\nb")", "/id", "must be text without control characters"),
      event("no source", "source", "", "/source", "is required"),
      event("a source with a space", "source", R"("/workers/w 1")", "/source", "must be a URI reference"),
      event("a source too long", "source", quoted(1025), "/source", "must have 1 to 1024 characters"),
      event("no type", "type", "", "/type", "is required"),
      event("a type outside the catalogue", "type", R"("com.example.thing.v1")", "/type",
            "'com.example.thing.v1' is no type of the catalogue"),
      event("a type of another version", "type", R"("io.godwit.task.started.v9")", "/type",
            "'io.godwit.task.started.v9' is no type of the catalogue"),
      event("no subject", "subject", "", "/subject", "is required"),
      event("a subject with a slash", "subject", R"("a/b")", "/subject",
            "must be 1 to 128 of letters, digits, '.', '_', ':', '-'"),
      event("a subject too long", "subject", quoted(129), "/subject",
            "must be 1 to 128 of letters, digits, '.', '_', ':', '-'"),
      event("no time", "time", "", "/time", "is required"),
      event("a time without a zone", "time", R"("2026-11-21T09:54:19")", "/time",
            "'2026-11-21T09:54:19' is not an RFC 3339 time such as 2026-11-21T09:54:19.257Z"),
      event("the 30th of February", "time", R"("2026-02-30T09:54:19Z")", "/time",
            "'2026-02-30T09:54:19Z' is not an RFC 3339 time such as 2026-11-21T09:54:19.257Z"),
      event("a time in Unix seconds", "time", "1795254859", "/time", "must be a string"),
      event("a sequence that is no number", "sequence", R"("one")", "/sequence",
            "must be 20 digits, padded with zeros"),
      event("a traceparent of another form", "traceparent", R"("00-1-2-3")", "/traceparent",
            "must be a W3C traceparent"),
      event("an attribute with a capital letter", "Region", R"("eu")", "/Region",
            "attributes are named with lower-case letters and digits"),
      event("an extension that is an object", "region", "{}", "/region",
            "must be a string, a boolean or an integer"),
      event("data in Base64", "data_base64", R"("e30=")", "/data_base64",
            "is not supported; send data as JSON"),
      event("data that is XML", "datacontenttype", R"("text/xml")", "/datacontenttype",
            "must be application/json"),
      event("no data", "data", "", "/data", "is required"),
      event("data that is a list", "data", "[]", "/data", "must be an object"),
      event("data in a string", "data", R"("{}")", "/data", "must be an object"),
  };
}

std::vector<Malformed> malformed_data() {
  return {
      data("no vm_name", "vm_name", "", "/data/vm_name", "is required"),
      data("a vm_name too long", "vm_name", quoted(513), "/data/vm_name", "must have 1 to 512 characters"),
      data("a provider in capitals", "provider", R"("VSphere")", "/data/provider",
           "must be a lower-case name of letters, digits, '.', '_', '-'"),
      data("attempt 0", "attempt", "0", "/data/attempt", "must be from 1 to 1000000"),
      data("an attempt and a half", "attempt", "1.5", "/data/attempt", "must be an integer"),
      data("an attempt in quotes", "attempt", R"("1")", "/data/attempt", "must be an integer"),
      data("an attempt past all bounds", "attempt", "9223372036854775808", "/data/attempt",
           "must be from 1 to 1000000"),
      data("another task's id", "task_id", R"("task-2")", "/data/task_id", "must equal the subject"),
      data("a negative total", "bytes_total", "-1", "/data/bytes_total",
           "must be from 0 to 9007199254740991"),
      data("101 percent", "percentage", "101", "/data/percentage", "must be from 0 to 100"),
      data("stages that are no list", "stages", "{}", "/data/stages", "must be an array"),
      data("a stage without a name", "stages", "[{}]", "/data/stages/0/stage", "is required"),
      data("labels that are numbers", "labels", R"({"a":1})", "/data/labels/a", "must be a string"),
      data("33 levels", "metadata", std::string(33, '[') + std::string(33, ']'), "/data/metadata",
           "must not nest more than 32 levels"),
  };
}

}  // namespace godwit::gateway
