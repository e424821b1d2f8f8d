#include "common/event/repeated.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/event/name_table.h"

namespace godwit::event {
namespace {

using rapidjson::Value;

std::string_view name_of(const Value::Member& member) {
  return {member.name.GetString(), member.name.GetStringLength()};
}

// False only when all names differ. Cheap, because nearly every object is like that.
bool may_repeat(const Value& object) {
  std::array<std::uint64_t, 4> seen{};
  for (const auto& member : object.GetObject()) {
    const std::size_t hash = name_hash(name_of(member));
    std::uint64_t& word = seen[hash / 64 % seen.size()];
    const std::uint64_t bit = std::uint64_t{1} << (hash % 64);
    if ((word & bit) != 0) return true;
    word |= bit;
  }
  return false;
}

void drop_repeated(Value& object, Allocator& allocator) {
  std::unordered_set<std::string_view> seen;
  std::vector<Value::Member*> kept;
  for (rapidjson::SizeType left = object.MemberCount(); left > 0; --left) {
    Value::Member& member = *(object.MemberBegin() + (left - 1));
    if (seen.insert(name_of(member)).second) kept.push_back(&member);
  }
  if (kept.size() == object.MemberCount()) return;
  Value out{rapidjson::kObjectType};
  for (auto member = kept.rbegin(); member != kept.rend(); ++member)
    out.AddMember((*member)->name, (*member)->value, allocator);
  object = std::move(out);
}

}  // namespace

void keep_last_of_each(Value& value, int levels, Allocator& allocator) {
  if (levels == 0) return;
  if (value.IsArray()) {
    for (Value& element : value.GetArray()) keep_last_of_each(element, levels - 1, allocator);
  } else if (value.IsObject()) {
    if (may_repeat(value)) drop_repeated(value, allocator);
    for (auto member = value.MemberBegin(); member < value.MemberEnd(); ++member)
      keep_last_of_each(member->value, levels - 1, allocator);
  }
}

}  // namespace godwit::event
