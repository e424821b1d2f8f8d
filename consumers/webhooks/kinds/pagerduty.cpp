// pagerduty: Events API v2 (https://developer.pagerduty.com/docs/send-alert-event). A failure opens an
// incident under a key of its task, a success of the same task ends it; a second trigger under an open key is
// absorbed, so a message sent twice does no harm.
#include "common/json/writer.h"
#include "consumers/webhooks/kinds/bodies.h"
#include "consumers/webhooks/kinds/words.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

constexpr std::size_t summary_units_max = 1024;
constexpr std::size_t dedup_key_units_max = 255;
constexpr std::size_t short_units_max = 255;
constexpr std::size_t detail_units_max = 8192;
constexpr std::size_t metadata_bytes_max = 64 * 1024;

void add_named(json::Writer& out, std::string_view name, std::string_view text) {
  if (!is_blank(text)) out.member(name, cut(plain_line(text), short_units_max));
}

void add_details(json::Writer& out, const Options& options, const Notice& notice) {
  out.key("custom_details").begin_object();
  out.member("message", cut(text_of(options, notice), detail_units_max));
  for (const Fact& fact : facts_of(notice)) out.member(fact.name, cut(fact.text, detail_units_max));
  if (notice.metadata_json && notice.metadata_json->size() <= metadata_bytes_max)
    out.member_raw("metadata", *notice.metadata_json);
  out.end_object();
}

void add_payload(json::Writer& out, const Options& options, const Notice& notice) {
  const event::Data& data = notice.event.data;
  const std::string summary = options.title.empty() ? summary_of(notice) : title_of(options, notice);
  std::string source = plain_line(notice.vm_name);
  if (is_blank(source)) source = plain_line(notice.event.subject);
  out.key("payload").begin_object().member("summary", cut(summary, summary_units_max));
  out.member("source", cut(source, short_units_max));
  out.member("severity", to_string(options.pagerduty_severity.value_or(notice.severity)));
  out.member("timestamp", format_rfc3339(notice.event.time));
  add_named(out, "component", data.stage.value_or(notice.provider));
  add_named(out, "group", data.plan_id.value_or(""));
  add_named(out, "class", data.error ? data.error->code : notice.event_word);
  add_details(out, options, notice);
  out.end_object();
}

}  // namespace

std::optional<std::string> pagerduty_body(const Options& options, const Notice& notice) {
  if (notice.incident == Incident::none) return std::nullopt;
  const bool opens = notice.incident == Incident::opens;
  json::Writer out;
  out.begin_object().member("event_action", opens ? "trigger" : "resolve");
  out.member("dedup_key", cut(plain_line(notice.incident_key), dedup_key_units_max));
  if (opens) {
    add_payload(out, options, notice);
    out.member("client", product);
    if (const std::string link = link_of(options, notice); !link.empty()) {
      out.member("client_url", link).key("links").begin_array().begin_object();
      out.member("href", link).member("text", "Open the migration").end_object().end_array();
    }
  }
  out.end_object();
  return out.take();
}

}  // namespace godwit::webhooks::kinds
