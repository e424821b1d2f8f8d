#include "consumers/webhooks/kinds/words.h"

#include <fmt/format.h>

#include "consumers/webhooks/kinds/template.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view plain_ones = "-._~";
  std::string out;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || plain_ones.find(c) != std::string_view::npos)
      out.push_back(c);
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::string title_of(const Options& options, const Notice& notice) {
  std::string title = plain_line(render_template(options.title, notice));
  if (!is_blank(title)) return title;
  return plain_line(notice.vm_name.empty() ? notice.headline : "VM Migration: " + notice.vm_name);
}

std::string text_of(const Options& options, const Notice& notice) {
  std::string text = plain(render_template(options.text, notice));
  if (is_blank(text)) text = plain(notice.message);
  return is_blank(text) ? plain(notice.headline) : text;
}

std::string summary_of(const Notice& notice) {
  const std::string& more = notice.error ? *notice.error : notice.message;
  return plain_line(is_blank(more) || more == notice.headline ? notice.headline
                                                              : notice.headline + ": " + more);
}

std::string link_of(const Options& options, const Notice& notice) {
  constexpr std::string_view placeholder = "{task_id}";
  std::string link = options.dashboard_url;
  if (const std::size_t at = link.find(placeholder); at != std::string::npos)
    link.replace(at, placeholder.size(), percent_encoded(notice.event.subject));
  return link;
}

std::string footer_of(std::string_view delivery_id) {
  constexpr std::size_t prefix = 4;  // "msg_"
  constexpr std::size_t characters = 8;
  if (delivery_id.size() <= prefix) return std::string{product};
  return fmt::format("{} {}", product, delivery_id.substr(prefix, characters));
}

}  // namespace godwit::webhooks::kinds
