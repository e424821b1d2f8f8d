// The tables of the codec against the schemas, so that neither can change alone.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "common/event/catalogue.h"
#include "common/event/fields.h"
#include "examples.h"

namespace godwit::event::testing {
namespace {

using rapidjson::Value;

// A schema with its $ref followed: keywords beside the reference come first.
class Schema {
 public:
  Schema(const Value& fields, const Value& error, const Value& node)
      : fields_(fields), error_(error), node_(node) {}

  const Value* find(const char* keyword) const {
    if (const auto here = node_.FindMember(keyword); here != node_.MemberEnd()) return &here->value;
    const auto ref = node_.FindMember("$ref");
    return ref == node_.MemberEnd() ? nullptr : below(target(ref->value.GetString())).find(keyword);
  }
  double number(const char* keyword, double otherwise) const {
    const Value* value = find(keyword);
    return value != nullptr ? value->GetDouble() : otherwise;
  }
  bool allows(std::string_view type) const {
    const Value* types = find("type");
    if (types->IsString()) return types->GetString() == type;
    for (const Value& one : types->GetArray())
      if (one.GetString() == type) return true;
    return false;
  }
  Schema below(const Value& node) const { return {fields_, error_, node}; }

 private:
  const Value& target(const std::string& ref) const {
    if (ref == "error.json") return error_;
    return fields_["$defs"][ref.substr(ref.rfind('/') + 1).c_str()];
  }

  const Value& fields_;
  const Value& error_;
  const Value& node_;
};

void check_same(const Rule& rule, const Schema& schema);

void check_same_object(const Rule& rule, const Schema& schema) {
  REQUIRE(schema.allows("object"));
  const Value* properties = schema.find("properties");
  CHECK(rule.members.size() == (properties != nullptr ? properties->MemberCount() : 0));
  for (const Member& member : rule.members) {
    const std::string name{member.name};
    CAPTURE(name);
    REQUIRE(properties->HasMember(name.c_str()));
    check_same(*member.rule, schema.below((*properties)[name.c_str()]));
    bool required = false;
    if (const Value* names = schema.find("required"))
      for (const Value& one : names->GetArray()) required = required || one.GetString() == name;
    CHECK(member.required == required);
  }
}

void check_same_each(const Rule& rule, const Schema& schema, const char* keyword) {
  const Value* each = schema.find(keyword);
  REQUIRE((rule.each != nullptr) == (each != nullptr));
  if (each == nullptr) return;
  check_same(*rule.each, schema.below(*each));
  CHECK(rule.each_may_be_null == schema.below(*each).allows("null"));
}

void check_same(const Rule& rule, const Schema& schema) {
  switch (rule.kind) {
    case Kind::text:
      REQUIRE(schema.allows("string"));
      CHECK(rule.low == schema.number("minLength", 0));
      if (rule.form != Form::date_time) CHECK(rule.high == schema.number("maxLength", -1));
      CHECK((rule.form != Form::any) == (schema.find("pattern") != nullptr));
      break;
    case Kind::integer:
    case Kind::number:
      REQUIRE(schema.allows(rule.kind == Kind::integer ? "integer" : "number"));
      CHECK(rule.low == schema.number("minimum", 1e300));
      CHECK(rule.high == schema.number("maximum", -1e300));
      break;
    case Kind::flag:
      REQUIRE(schema.allows("boolean"));
      break;
    case Kind::object:
      check_same_object(rule, schema);
      break;
    case Kind::map:
      REQUIRE(schema.allows("object"));
      check_same_each(rule, schema, "additionalProperties");
      break;
    case Kind::list:
      REQUIRE(schema.allows("array"));
      CHECK(rule.high == schema.number("maxItems", -1));
      check_same_each(rule, schema, "items");
      break;
  }
}

TEST_CASE("each member of data has the rule that fields.json gives it") {
  const auto fields_json = parse_file("common/fields.json");
  const auto error_json = parse_file("common/error.json");
  const Value& members = fields_json["$defs"]["members"]["properties"];
  CHECK(members.MemberCount() == fields().size());
  for (const auto& member : members.GetObject()) {
    const std::string name = member.name.GetString();
    CAPTURE(name);
    const Field* field = find_field(name);
    REQUIRE(field != nullptr);
    check_same(*field->rule, Schema{fields_json, error_json, member.value});
  }
}

TEST_CASE("the catalogue is schemas/catalogue.json, in its order") {
  const auto json = parse_file("catalogue.json");
  const auto rows = json["types"].GetArray();
  REQUIRE(rows.Size() == catalogue().size());
  for (rapidjson::SizeType i = 0; i < rows.Size(); ++i) {
    const TypeInfo& info = catalogue()[i];
    const std::string full = rows[i]["type"].GetString();
    CAPTURE(full);
    CHECK(full_type(info.type) == full);
    CHECK(type_from_name(full) == info.type);
    CHECK(std::string{topic_name(info.topic)} == rows[i]["topic"].GetString());
    CHECK(std::string{to_string(info.subject)} == rows[i]["subject"].GetString());
    std::string_view shared;
    if (info.topic != Topic::activity)
      shared = info.subject == SubjectKind::plan_id ? "plan_id" : "vm_name provider attempt";
    std::vector<std::string_view> wanted;
    for (const Value& name : rows[i]["required"].GetArray()) wanted.emplace_back(name.GetString());
    const std::string required = shared.empty() || info.required.empty()
                                     ? fmt::format("{}{}", shared, info.required)
                                     : fmt::format("{} {}", shared, info.required);
    CHECK(required == fmt::format("{}", fmt::join(wanted, " ")));
  }
}

TEST_CASE("the entry of a type is found by the type") {
  for (const TypeInfo& entry : catalogue()) CHECK(info(entry.type).name == entry.name);
}

TEST_CASE("a name that only resembles a type is unknown") {
  for (const char* name :
       {"", "io.godwit.", "io.godwit..v1", "task.started", "io.godwit.task.started",
        "io.godwit.task.started.v2", "IO.godwit.task.started.v1", "io.godwit.task.started.v1 "})
    CHECK_MESSAGE(type_from_name(name) == Type::unknown, name);
}

TEST_CASE("every field is found by its name and no other name finds one") {
  for (const Field& field : fields()) CHECK(find_field(field.name) == &field);
  for (const char* name : {"", "x", "Attempt", "attempts", "attempt ", "vm-name"})
    CHECK(find_field(name) == nullptr);
}

}  // namespace
}  // namespace godwit::event::testing
