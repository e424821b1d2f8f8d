#include "common/event/members.h"

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/event/codec.h"
#include "common/json/rapidjson.h"

namespace godwit::event {
namespace {

const rapidjson::Value* step_into(const rapidjson::Value& value, const std::string& step) {
  if (value.IsObject()) {
    const auto member = value.FindMember(step);
    return member == value.MemberEnd() ? nullptr : &member->value;
  }
  // An index is a number without leading zeros.
  const bool number = !step.empty() && step.size() <= 9 &&
                      step.find_first_not_of("0123456789") == std::string::npos &&
                      (step == "0" || step[0] != '0');
  if (!value.IsArray() || !number) return nullptr;
  const auto index = static_cast<rapidjson::SizeType>(std::stoul(step));
  return index < value.Size() ? &value[index] : nullptr;
}

// "~1" stands for "/", "~0" for "~"; false for any other "~".
bool unescape(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') {
      out += text[i];
      continue;
    }
    const char next = i + 1 < text.size() ? text[++i] : '\0';
    if (next != '0' && next != '1') return false;
    out += next == '0' ? '~' : '/';
  }
  return true;
}

}  // namespace

struct Members::Tree {
  rapidjson::Document document;

  const rapidjson::Value* find(const Pointer& pointer) const {
    const rapidjson::Value* at = &document;
    for (const std::string& step : pointer.steps())
      if ((at = step_into(*at, step)) == nullptr) return nullptr;
    return at->IsNull() ? nullptr : at;
  }
};

Result<Pointer> Pointer::parse(std::string_view text) {
  Pointer out;
  out.text_ = text;
  if (!text.starts_with('/'))
    return invalid_error(
        fmt::format("'{}' is no JSON pointer: it begins with '/', as in /data/provider", text));
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view step = text.substr(0, text.find('/'));
    if (!unescape(step, out.steps_.emplace_back()))
      return invalid_error(fmt::format("'{}' is no JSON pointer: after '~' comes 0 or 1", out.text_));
    text.remove_prefix(step.size());
  }
  if (out.steps_.size() > steps_max)
    return invalid_error(fmt::format("'{}' has more than {} steps", out.text_, steps_max));
  return out;
}

std::string to_text(const Scalar& scalar) {
  if (const auto* text = std::get_if<std::string>(&scalar)) return *text;
  if (const auto* flag = std::get_if<bool>(&scalar)) return *flag ? "true" : "false";
  return fmt::format("{}", std::get<double>(scalar));
}

Members::Members(const Event& event) : tree_(std::make_unique<Tree>()) {
  const std::string text = encode_structured(event);
  tree_->document.Parse<json::parse_flags>(text.data(), text.size());
  GODWIT_CHECK(!tree_->document.HasParseError(), "an encoded event is no JSON at byte {}",
               tree_->document.GetErrorOffset());
}

Members::~Members() = default;

std::optional<Scalar> Members::find(const Pointer& pointer) const {
  const rapidjson::Value* value = tree_->find(pointer);
  if (value == nullptr) return std::nullopt;
  if (value->IsString()) return std::string{value->GetString(), value->GetStringLength()};
  if (value->IsBool()) return value->GetBool();
  if (value->IsNumber()) return value->GetDouble();
  return std::nullopt;
}

bool Members::has(const Pointer& pointer) const { return tree_->find(pointer) != nullptr; }

}  // namespace godwit::event
