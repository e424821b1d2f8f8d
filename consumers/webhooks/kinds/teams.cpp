// teams: an Adaptive Card (https://adaptivecards.io/explorer) in the envelope of a Workflows webhook. What
// comes from outside stands in TextRuns, which know no Markdown.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/json/writer.h"
#include "consumers/webhooks/kinds/bodies.h"
#include "consumers/webhooks/kinds/render.h"
#include "consumers/webhooks/kinds/words.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

constexpr std::size_t title_units_max = 256;

std::string_view color_of(Severity severity) {
  if (severity >= Severity::error) return "Attention";
  return severity == Severity::warning ? "Warning" : "Good";
}

// "{{DATE(...)}}" would be worked out by the card.
std::string without_functions(std::string text) {
  for (std::size_t at = text.find("{{"); at != std::string::npos; at = text.find("{{", at))
    text.insert(++at, 1, ' ');
  return text;
}

struct Run {
  std::string text;
  std::string_view size = "Default";
  std::string_view weight = "Default";
  std::string_view color = "Default";
  bool subtle = false;
};

template <std::size_t Count>
void add_line(json::Writer& out, const std::array<Run, Count>& runs, std::string_view spacing) {
  out.begin_object().member("type", "RichTextBlock").member("spacing", spacing).key("inlines").begin_array();
  for (const Run& run : runs) {
    out.begin_object().member("type", "TextRun").member("text", without_functions(run.text));
    out.member("size", run.size).member("weight", run.weight).member("color", run.color);
    out.member("isSubtle", run.subtle).end_object();
  }
  out.end_array().end_object();
}

// Every text at most `units_max`, of which there is room for a few.
std::string card_of(const Options& options, const Notice& notice, std::string_view delivery_id,
                    std::size_t units_max) {
  json::Writer out;
  out.begin_object().member("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
  out.member("type", "AdaptiveCard").member("version", "1.2");
  out.member("fallbackText",
             without_functions(cut(summary_of(notice), std::min(units_max, title_units_max))));
  out.key("msteams").begin_object().member("width", "full").end_object().key("body").begin_array();
  const std::string title = cut(title_of(options, notice), std::min(units_max, title_units_max));
  add_line(out, std::array{Run{title, "Large", "Bolder", color_of(notice.severity)}}, "None");
  add_line(out, std::array{Run{cut(text_of(options, notice), units_max)}}, "Small");
  for (const Fact& fact : facts_of(notice))
    add_line(
        out,
        std::array{Run{fmt::format("{}: ", fact.name), "Default", "Bolder"}, Run{cut(fact.text, units_max)}},
        "Small");
  const std::string footer = fmt::format("{}, {}", footer_of(delivery_id), format_rfc3339(notice.event.time));
  add_line(out, std::array{Run{footer, "Small", "Default", "Default", true}}, "Medium");
  out.end_array();
  if (const std::string link = link_of(options, notice); !link.empty()) {
    out.key("actions").begin_array().begin_object().member("type", "Action.OpenUrl");
    out.member("title", "Open the migration").member("url", link).end_object().end_array();
  }
  out.end_object();
  return out.take();
}

}  // namespace

std::string teams_body(const Options& options, const Notice& notice, std::string_view delivery_id) {
  std::string body;
  // JSON may need six bytes for a character of one, so the length is known only when it is written.
  for (const std::size_t units_max : {4000U, 2000U, 800U, 200U, 50U}) {
    json::Writer out;
    out.begin_object().member("type", "message").key("attachments").begin_array().begin_object();
    out.member("contentType", "application/vnd.microsoft.card.adaptive").key("contentUrl").null();
    out.member_raw("content", card_of(options, notice, delivery_id, units_max));
    out.end_object().end_array().end_object();
    body = out.take();
    if (body.size() <= teams_bytes_max) break;
  }
  return body;
}

}  // namespace godwit::webhooks::kinds
