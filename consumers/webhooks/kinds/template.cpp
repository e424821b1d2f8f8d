#include "consumers/webhooks/kinds/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <kainjow/mustache.hpp>
#include <map>
#include <vector>

#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

namespace mustache = kainjow::mustache;

using Get = std::string (*)(const Notice& notice);

std::string error_part(const Notice& notice, const std::optional<std::string> event::Failure::*part) {
  return notice.event.data.error ? (*notice.event.data.error.*part).value_or("") : std::string{};
}

constexpr std::array<std::pair<std::string_view, Get>, 22> facts{{
    {"advice", [](const Notice& n) { return n.advice.value_or(""); }},
    {"attempt",
     [](const Notice& n) { return n.event.data.attempt ? fmt::format("{}", *n.event.data.attempt) : ""; }},
    {"duration", [](const Notice& n) { return n.duration ? format_duration(*n.duration) : std::string{}; }},
    {"error", [](const Notice& n) { return n.error.value_or(""); }},
    {"error_class", [](const Notice& n) { return error_part(n, &event::Failure::error_class); }},
    {"error_code",
     [](const Notice& n) { return n.event.data.error ? n.event.data.error->code : std::string{}; }},
    {"event", [](const Notice& n) { return n.event_word; }},
    {"event_type", [](const Notice& n) { return n.event.type_name; }},
    {"headline", [](const Notice& n) { return n.headline; }},
    {"host", [](const Notice& n) { return n.event.data.host.value_or(""); }},
    {"message", [](const Notice& n) { return n.message; }},
    {"mode", [](const Notice& n) { return n.event.data.mode.value_or(""); }},
    {"plan_id", [](const Notice& n) { return n.event.data.plan_id.value_or(""); }},
    {"plan_name", [](const Notice& n) { return n.event.data.plan_name.value_or(""); }},
    {"provider", [](const Notice& n) { return n.provider; }},
    {"severity", [](const Notice& n) { return std::string{to_string(n.severity)}; }},
    {"stage", [](const Notice& n) { return n.event.data.stage.value_or(""); }},
    {"status", [](const Notice& n) { return n.status_word; }},
    {"task_id", [](const Notice& n) { return n.event.subject; }},
    {"time", [](const Notice& n) { return format_rfc3339(n.event.time); }},
    {"user", [](const Notice& n) { return n.event.data.user.value_or(""); }},
    {"vm_name", [](const Notice& n) { return n.vm_name; }},
}};

const auto* find_fact(std::string_view name) {
  const auto* at =
      std::find_if(facts.begin(), facts.end(), [&](const auto& fact) { return fact.first == name; });
  return at == facts.end() ? nullptr : at;
}

// What a template may ask for, and nothing else: a section sees the same facts, and there are no partials,
// so no text of an event is ever read as a template.
class Facts final : public mustache::basic_context<std::string> {
 public:
  explicit Facts(const Notice& notice) : notice_(notice) {}

  void push(const mustache::data* /*section*/) override {}
  void pop() override {}
  const mustache::data* get(const std::string& name) const override {
    const auto* fact = find_fact(name);
    if (fact == nullptr) return nullptr;
    const auto [at, first] = known_.try_emplace(name, false);
    if (first) {
      std::string text = fact->second(notice_);
      if (!is_blank(text)) at->second = mustache::data{text};
    }
    return &at->second;
  }
  const mustache::data* get_partial(const std::string& /*name*/) const override { return nullptr; }

 private:
  const Notice& notice_;
  mutable std::map<std::string, mustache::data> known_;
};

// An output stream that keeps the beginning.
class Bounded {
 public:
  explicit Bounded(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  Bounded& operator<<(const std::string& text) {
    out_ += std::string_view{text}.substr(0, bytes_max_ - out_.size());
    return *this;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::size_t bytes_max_;
};

struct Section {
  std::string name;
  std::size_t line = 0;
};

Error at_line(std::size_t line, std::string_view what) {
  return invalid_error(fmt::format("line {}: {}", line, what));
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// One tag, without its braces.
Status check_tag(std::string_view tag, std::size_t line, std::vector<Section>& open,
                 const TemplateLimits& limits) {
  const char kind = tag.empty() ? ' ' : tag.front();
  if (kind == '!') return Done{};
  if (kind == '>') return at_line(line, "a template has no partials");
  if (kind == '=') return at_line(line, "a template has no other delimiters");
  const bool sigil = kind == '#' || kind == '^' || kind == '/' || kind == '&' || kind == '{';
  const std::string name{trim(sigil ? tag.substr(1) : tag)};
  if (kind == '/') {
    if (open.empty() || open.back().name != name)
      return at_line(line, fmt::format("{{{{/{}}}}} ends no section that is open", name));
    open.pop_back();
    return Done{};
  }
  if (find_fact(name) == nullptr)
    return at_line(line, fmt::format("there is no fact '{}'", plain_line(name)));
  if (kind == '#' || kind == '^') open.push_back({name, line});
  if (open.size() > limits.nesting_max)
    return at_line(line, fmt::format("sections nest deeper than {}", limits.nesting_max));
  return Done{};
}

}  // namespace

std::span<const std::string_view> template_names() {
  static const auto names = [] {
    std::array<std::string_view, facts.size()> out{};
    std::transform(facts.begin(), facts.end(), out.begin(), [](const auto& fact) { return fact.first; });
    return out;
  }();
  return names;
}

Status check_template(std::string_view text, const TemplateLimits& limits) {
  if (text.size() > limits.template_bytes_max)
    return at_line(1, fmt::format("a template is at most {} bytes", limits.template_bytes_max));
  std::vector<Section> open;
  for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
    const std::string_view before = text.substr(0, at);
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const bool triple = text.substr(at).starts_with("{{{");
    const std::size_t end = text.find(triple ? "}}}" : "}}", at);
    if (end == std::string_view::npos) return at_line(line, "a {{ is never closed");
    if (Status good = check_tag(trim(text.substr(at + 2, end - at - 2)), line, open, limits); !good)
      return good;
    at = end + (triple ? 3 : 2);
  }
  if (!open.empty())
    return at_line(open.back().line, fmt::format("{{{{#{}}}}} is never ended", open.back().name));
  const mustache::mustache parsed{std::string{text}};
  return parsed.is_valid() ? Status{Done{}} : Status{at_line(1, parsed.error_message())};
}

std::string render_template(std::string_view text, const Notice& notice, const TemplateLimits& limits) {
  if (text.empty()) return {};
  mustache::mustache parsed{std::string{text}};
  if (!parsed.is_valid()) return {};
  parsed.set_custom_escape([](const std::string& value) { return value; });
  Facts context{notice};
  Bounded out{limits.output_bytes_max};
  return parsed.render(context, out).take();
}

}  // namespace godwit::webhooks::kinds
