#include <fmt/format.h>

#include <array>
#include <vector>

#include "common/event/codec.h"
#include "common/event/fields.h"

namespace godwit::event {
namespace {

bool is_task_event(const TypeInfo& type) {
  return type.topic != Topic::activity && type.subject == SubjectKind::task_id;
}

void add_fields(std::vector<const Field*>& out, std::string_view names) {
  while (!names.empty()) {
    const auto end = std::min(names.find(' '), names.size());
    out.push_back(find_field(names.substr(0, end)));
    GODWIT_CHECK(out.back() != nullptr, "the catalogue requires '{}', which is no field", names);
    names.remove_prefix(std::min(end + 1, names.size()));
  }
}

// What the catalogue demands of one type, its names looked up once.
struct Demand {
  std::vector<const Field*> required;
  Data::Text Data::*subject = nullptr;  // the member that equals the subject when it is present
  std::string_view subject_name;
  bool subject_is_key = false;
};

Demand demand_of(const TypeInfo& type) {
  Demand out;
  if (is_task_event(type)) add_fields(out.required, "vm_name provider attempt");
  if (type.subject == SubjectKind::plan_id) add_fields(out.required, "plan_id");
  add_fields(out.required, type.required);
  out.subject_is_key = type.topic != Topic::activity;
  if (type.subject != SubjectKind::actor) {  // who acted is no member of data
    out.subject_name = to_string(type.subject);
    out.subject = std::get<Data::Text Data::*>(find_field(out.subject_name)->slot);
  }
  return out;
}

const Demand& demand_of(Type type) {
  static const std::vector<Demand> all = [] {
    std::vector<Demand> out;
    for (const TypeInfo& entry : catalogue()) out.push_back(demand_of(entry));
    return out;
  }();
  return all[static_cast<std::size_t>(type) - 1];
}

Refused missing(std::string_view name, std::string detail) {
  return under("data", under(name, Refusal{"missing", "", std::move(detail)}));
}

}  // namespace

std::optional<Refusal> validate(const Event& event) {
  if (event.type == Type::unknown) return std::nullopt;
  const Demand& demand = demand_of(event.type);
  if (demand.subject_is_key && check_text(event.subject, rules::key))
    return under("subject", Refusal{"pattern", "", fmt::format("must be {}", describe(Form::key))});
  for (const Field* field : demand.required)
    if (!is_present(event.data, *field)) return missing(field->name, "is required");
  const bool tick = event.type == Type::stage_progress || event.type == Type::disk_progress;
  if (tick && !event.data.bytes_done && !event.data.percentage)
    return missing("bytes_done", "or percentage is required");
  if (demand.subject != nullptr) {
    const Data::Text& named = event.data.*demand.subject;
    if (named && *named != event.subject)
      return under("data", under(demand.subject_name, Refusal{"mismatch", "", "must equal the subject"}));
  }
  return std::nullopt;
}

const std::string* find_other(const Data& data, std::string_view name) {
  for (const OtherMember& member : data.other)
    if (member.name == name) return &member.json;
  return nullptr;
}

std::uint64_t identity_hash(const Event& event) { return identity_hash(event.source, event.id); }

std::uint64_t identity_hash(std::string_view source, std::string_view id) {
  constexpr std::uint64_t prime = 1099511628211ULL;
  std::uint64_t hash = 14695981039346656037ULL;
  const auto mix = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * prime;
    hash = hash * prime;  // a separator: ("ab", "c") and ("a", "bc") differ
  };
  mix(source);
  mix(id);
  return hash;
}

}  // namespace godwit::event
