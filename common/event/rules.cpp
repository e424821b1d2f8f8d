#include "common/event/rules.h"

#include <fmt/format.h>

#include <cmath>

namespace godwit::event {

namespace rules {
namespace {
constexpr double integer_max = 9007199254740991.0;  // 2^53 - 1: exact in every JSON reader
constexpr double entries_max = 1024;

constexpr Rule a_text(double low, double high, Form form = Form::any) {
  return {.kind = Kind::text, .low = low, .high = high, .form = form};
}
constexpr Rule an_integer(double low, double high) {
  return {.kind = Kind::integer, .low = low, .high = high};
}
constexpr Rule a_number(double low, double high) { return {.kind = Kind::number, .low = low, .high = high}; }
constexpr Rule an_object(std::span<const Member> members) {
  return {.kind = Kind::object, .members = members};
}
constexpr Rule a_map(const Rule* each, bool each_may_be_null) {
  return {.kind = Kind::map, .each = each, .each_may_be_null = each_may_be_null};
}
constexpr Rule a_list(const Rule* each) { return {.kind = Kind::list, .high = entries_max, .each = each}; }
}  // namespace

constinit const Rule key = a_text(1, 128, Form::key);
constinit const Rule date_time = a_text(0, integer_max, Form::date_time);
constinit const Rule stage = a_text(1, 64, Form::stage);
constinit const Rule provider = a_text(1, 64, Form::provider);
constinit const Rule text = a_text(0, 256);
constinit const Rule named = a_text(1, 256);
constinit const Rule vm_name = a_text(1, 512);
constinit const Rule long_text = a_text(0, 512);
constinit const Rule path = a_text(0, 4096);
constinit const Rule path_given = a_text(1, 4096);
constinit const Rule message = a_text(0, 16384);
constinit const Rule ordinal = an_integer(1, 1'000'000);
constinit const Rule count = an_integer(0, 1'000'000);
constinit const Rule whole = an_integer(0, integer_max);
constinit const Rule signed_whole = an_integer(-integer_max, integer_max);
constinit const Rule quantity = a_number(0, integer_max);
constinit const Rule measure = a_number(-integer_max, integer_max);
constinit const Rule percentage = a_number(0, 100);
constinit const Rule http_status = an_integer(100, 599);
constinit const Rule flag{.kind = Kind::flag};

namespace {
constexpr bool required = true;
constexpr Member stage_members[] = {{"stage", &stage, required}, {"weight", &quantity}};
constexpr Member disk_members[] = {
    {"index", &whole, required}, {"name", &text}, {"bytes_virtual", &whole}, {"bytes_allocated", &whole}};
constexpr Member check_members[] = {
    {"name", &named, required}, {"result", &text}, {"severity", &text}, {"message", &message}};
constexpr Member checksum_members[] = {{"alg", &named, required}, {"value", &named, required}};
constexpr Member source_members[] = {{"uri", &path},   {"host", &text}, {"datastore", &text},
                                     {"vm_id", &text}, {"os", &text},   {"firmware", &text}};
constexpr Member target_members[] = {
    {"provider", &provider}, {"uri", &path}, {"format", &text}, {"storage", &text}};
constexpr Member error_members[] = {{"code", &named, required}, {"message", &message, required},
                                    {"retryable", &flag},       {"class", &text},
                                    {"phase", &text},           {"exit_code", &signed_whole},
                                    {"signal", &signed_whole},  {"stderr_tail", &message}};
constexpr Rule one_stage = an_object(stage_members);
constexpr Rule one_disk = an_object(disk_members);
constexpr Rule one_check = an_object(check_members);
constexpr Rule one_change{.kind = Kind::object};
}  // namespace

constinit const Rule labels = a_map(&text, true);
constinit const Rule metadata = a_map(nullptr, true);
constinit const Rule changes = a_map(&one_change, false);
constinit const Rule stages = a_list(&one_stage);
constinit const Rule disks = a_list(&one_disk);
constinit const Rule checks = a_list(&one_check);
constinit const Rule files = a_list(&path);
constinit const Rule checksum = an_object(checksum_members);
constinit const Rule source = an_object(source_members);
constinit const Rule target = an_object(target_members);
constinit const Rule error = an_object(error_members);
}  // namespace rules

namespace {

using rapidjson::Value;

std::string_view view(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

Refused fail(std::string kind, std::string detail) { return Refusal{std::move(kind), "", std::move(detail)}; }

Refused check_number(const Value& value, const Rule& rule) {
  const bool integer = rule.kind == Kind::integer;
  if (!value.IsNumber()) return fail("type", integer ? "must be an integer" : "must be a number");
  const double number = value.GetDouble();
  // 5.0 is an integer to JSON Schema, so it is one here.
  if (integer && value.IsDouble() && std::trunc(number) != number) return fail("type", "must be an integer");
  if (number < rule.low || number > rule.high)
    return fail("range", fmt::format("must be from {:.0f} to {:.0f}", rule.low, rule.high));
  return std::nullopt;
}

Refused check_object(const Value& value, const Rule& rule) {
  if (!value.IsObject()) return fail("type", "must be an object");
  for (const Member& member : rule.members) {
    const auto found = value.FindMember(Value{
        rapidjson::StringRef(member.name.data(), static_cast<rapidjson::SizeType>(member.name.size()))});
    const bool absent = found == value.MemberEnd() || found->value.IsNull();
    if (absent && member.required) return under(member.name, fail("missing", "is required"));
    if (absent) continue;
    if (auto refusal = check(found->value, *member.rule)) return under(member.name, std::move(refusal));
  }
  return std::nullopt;
}

Refused check_each(const Value& value, const Rule& rule) {
  if (value.IsNull()) return rule.each_may_be_null ? std::nullopt : fail("missing", "must not be null");
  return check(value, *rule.each);
}

Refused check_map(const Value& value, const Rule& rule) {
  if (!value.IsObject()) return fail("type", "must be an object");
  if (rule.each == nullptr) return std::nullopt;
  for (const auto& member : value.GetObject())
    if (auto refusal = check_each(member.value, rule)) return under(view(member.name), std::move(refusal));
  return std::nullopt;
}

Refused check_list(const Value& value, const Rule& rule) {
  if (!value.IsArray()) return fail("type", "must be an array");
  if (value.Size() > rule.high) return fail("range", fmt::format("must have at most {} entries", rule.high));
  for (rapidjson::SizeType i = 0; i < value.Size(); ++i)
    if (auto refusal = check_each(value[i], rule))
      return under(fmt::format_int(i).c_str(), std::move(refusal));
  return std::nullopt;
}

}  // namespace

Refused check_text(std::string_view text, const Rule& rule) {
  // A text has at most as many characters as bytes, so most need no counting.
  const auto bytes = static_cast<double>(text.size());
  const bool outside =
      bytes < rule.low || (bytes > rule.high && static_cast<double>(count_characters(text)) > rule.high);
  if (outside) return fail("range", fmt::format("must have {} to {} characters", rule.low, rule.high));
  if (!matches(rule.form, text)) return fail("pattern", fmt::format("must be {}", describe(rule.form)));
  return std::nullopt;
}

Refused check(const Value& value, const Rule& rule) {
  switch (rule.kind) {
    case Kind::text:
      return value.IsString() ? check_text(view(value), rule) : fail("type", "must be a string");
    case Kind::integer:
    case Kind::number:
      return check_number(value, rule);
    case Kind::flag:
      return value.IsBool() ? std::nullopt : fail("type", "must be true or false");
    case Kind::object:
      return check_object(value, rule);
    case Kind::map:
      return check_map(value, rule);
    case Kind::list:
      return check_list(value, rule);
  }
  return std::nullopt;
}

std::string pointer_to(std::string_view name) {
  constexpr std::size_t name_max = 256;  // a producer chose it, and it ends up in logs and headers
  std::string out = "/";
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(name[i]) & 0xC0) != 0x80;
    if (i >= name_max && begins) break;
    if (name[i] == '~') {
      out += "~0";
    } else if (name[i] == '/') {
      out += "~1";
    } else {
      out += static_cast<unsigned char>(name[i]) < 0x20 || name[i] == 0x7F ? '?' : name[i];
    }
  }
  return out;
}

Refused under(std::string_view name, Refused refusal) {
  if (refusal) refusal->pointer.insert(0, pointer_to(name));
  return refusal;
}

}  // namespace godwit::event
