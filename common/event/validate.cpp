#include <fmt/format.h>

#include "common/event/codec.h"
#include "common/event/fields.h"

namespace godwit::event {
namespace {

std::optional<Refusal> require(const Data& data, std::string_view names) {
  while (!names.empty()) {
    const auto end = std::min(names.find(' '), names.size());
    const std::string_view name = names.substr(0, end);
    const Field* field = find_field(name);
    GODWIT_CHECK(field != nullptr, "the catalogue requires '{}', which has no field", name);
    if (!is_present(data, *field)) return Refusal{"missing", fmt::format("/data/{}", name), "is required"};
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return std::nullopt;
}

bool is_task_event(const TypeInfo& type) {
  return type.topic != Topic::activity && type.subject == SubjectKind::task_id;
}

}  // namespace

std::optional<Refusal> validate(const Event& event) {
  if (event.type == Type::unknown) return std::nullopt;
  const TypeInfo& type = info(event.type);
  if (type.subject == SubjectKind::task_id || type.subject == SubjectKind::plan_id) {
    if (event.subject.size() > 128 || !matches(Shape::task_id, event.subject))
      return Refusal{"pattern", "/subject", fmt::format("must be {}", describe(Shape::task_id))};
  }
  if (is_task_event(type))
    if (auto refusal = require(event.data, "vm_name provider attempt")) return refusal;
  if (type.subject == SubjectKind::plan_id)
    if (auto refusal = require(event.data, "plan_id")) return refusal;
  if (auto refusal = require(event.data, type.required)) return refusal;
  const bool tick = event.type == Type::stage_progress || event.type == Type::disk_progress;
  if (tick && !event.data.bytes_done && !event.data.percentage)
    return Refusal{"missing", "/data/bytes_done", "bytes_done or percentage is required"};
  if (type.subject == SubjectKind::task_id && event.data.task_id && *event.data.task_id != event.subject)
    return Refusal{"mismatch", "/data/task_id", "must equal the subject"};
  return std::nullopt;
}

const std::string* find_other(const Data& data, std::string_view name) {
  for (const OtherMember& member : data.other)
    if (member.name == name) return &member.json;
  return nullptr;
}

std::uint64_t identity_hash(const Event& event) {
  constexpr std::uint64_t prime = 1099511628211ULL;
  std::uint64_t hash = 14695981039346656037ULL;
  const auto mix = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * prime;
    hash = hash * prime;  // a separator: ("ab", "c") and ("a", "bc") differ
  };
  mix(event.source);
  mix(event.id);
  return hash;
}

}  // namespace godwit::event
