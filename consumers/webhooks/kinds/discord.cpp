// discord: one embed (https://discord.com/developers/docs/resources/message#embed-object) that mentions
// nobody.
#include <algorithm>

#include "common/json/writer.h"
#include "consumers/webhooks/kinds/bodies.h"
#include "consumers/webhooks/kinds/words.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

constexpr std::size_t title_units_max = 256;
constexpr std::size_t description_units_max = 4096;
constexpr std::size_t fields_max = 25;
constexpr std::size_t value_units_max = 1024;
constexpr std::size_t short_value_units_max = 256;
constexpr std::size_t footer_units_max = 2048;
constexpr std::size_t name_units_max = 80;
constexpr std::size_t embed_units_max = 6000;
// What the description leaves for the fields, which say more in fewer words.
constexpr std::size_t fields_reserve = 2500;

std::int64_t color_of(Severity severity) {
  constexpr std::int64_t green = 65280;
  constexpr std::int64_t red = 16711680;
  constexpr std::int64_t orange = 16753920;
  if (severity >= Severity::error) return red;
  return severity == Severity::warning ? orange : green;
}

// What is left of the characters all parts of an embed may have together.
class Budget {
 public:
  std::string take(std::string_view text, std::size_t units_max) {
    std::string part = cut(text, std::min(units_max, left_), discord_escape);
    left_ -= units_of(part);
    return part;
  }
  std::size_t left() const { return left_; }

 private:
  std::size_t left_ = embed_units_max;
};

// Discord refuses a name with one of these words in it.
std::string username_of(const Options& options) {
  std::string name = plain_line(options.discord_username);
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const bool refused = lower.find("clyde") != std::string::npos || lower.find("discord") != std::string::npos;
  return is_blank(name) || refused ? std::string{default_username} : cut(name, name_units_max);
}

void add_fields(json::Writer& out, const Notice& notice, Budget& budget) {
  out.key("fields").begin_array();
  std::size_t count = 0;
  for (const Fact& fact : facts_of(notice)) {
    // A value needs one character at least: an empty one is refused.
    if (++count > fields_max || budget.left() < units_of(fact.name) + 2) break;
    out.begin_object().member("name", budget.take(fact.name, units_of(fact.name)));
    out.member("value", budget.take(fact.text, fact.is_short ? short_value_units_max : value_units_max));
    out.member("inline", fact.is_short).end_object();
  }
  out.end_array();
}

}  // namespace

std::string discord_body(const Options& options, const Notice& notice, std::string_view delivery_id) {
  Budget budget;
  const std::string title = budget.take(title_of(options, notice), title_units_max);
  const std::string footer = budget.take(footer_of(delivery_id), footer_units_max);
  const std::string text = text_of(options, notice);
  json::Writer out;
  out.begin_object().member("username", username_of(options)).key("embeds").begin_array().begin_object();
  out.member("title", title);
  out.member("description",
             budget.take(text, std::min(description_units_max, budget.left() - fields_reserve)));
  if (const std::string link = link_of(options, notice); !link.empty()) out.member("url", link);
  out.member("color", color_of(notice.severity));
  add_fields(out, notice, budget);
  out.key("footer").begin_object().member("text", footer).end_object();
  out.member("timestamp", format_rfc3339(notice.event.time)).end_object().end_array();
  // Whatever a name says, nobody is called by it.
  out.key("allowed_mentions").begin_object().key("parse").begin_array().end_array().end_object();
  if (!options.discord_avatar_url.empty()) out.member("avatar_url", options.discord_avatar_url);
  out.end_object();
  return out.take();
}

}  // namespace godwit::webhooks::kinds
