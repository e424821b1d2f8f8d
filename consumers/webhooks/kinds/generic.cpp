// generic: for programs. The inherited shape, or the event itself as CloudEvents JSON.
#include <algorithm>

#include "common/event/codec.h"
#include "common/json/writer.h"
#include "consumers/webhooks/kinds/bodies.h"
#include "consumers/webhooks/kinds/render.h"
#include "consumers/webhooks/kinds/words.h"
#include "consumers/webhooks/text.h"

namespace godwit::webhooks::kinds {
namespace {

constexpr std::size_t text_units_max = 4096;
constexpr std::size_t metadata_bytes_max = 8192;

// A worker may tell of any time; what 64 bits of nanoseconds cannot hold is told as the most they can.
std::int64_t nanoseconds_of(Millis duration) {
  constexpr auto most = std::chrono::floor<Millis>(std::chrono::nanoseconds::max());  // 292 years
  return std::chrono::nanoseconds{std::clamp(duration, -most, most)}.count();
}

std::string inherited_body(const Options& options, const Notice& notice) {
  const std::string text = options.text.empty() ? notice.message : text_of(options, notice);
  json::Writer out;
  out.begin_object().member("event_type", notice.event_word).member("task_id", notice.event.subject);
  out.member("vm_name", notice.vm_name)
      .member("provider", notice.provider)
      .member("status", notice.status_word);
  out.member("message", cut(text, text_units_max)).member("timestamp", format_rfc3339(notice.event.time));
  if (notice.duration) out.member("duration", nanoseconds_of(*notice.duration));
  if (notice.error) out.member("error", cut(*notice.error, text_units_max));
  if (notice.metadata_json && notice.metadata_json->size() <= metadata_bytes_max)
    out.member_raw("metadata", *notice.metadata_json);
  out.end_object();
  return out.take();
}

// What does not fit is left out from the least useful on: members the catalogue has no field for, then lists,
// then the ends of long texts.
std::string cloudevents_body(event::Event event) {
  std::string body = event::encode_structured(event);
  if (body.size() <= generic_bytes_max) return body;
  event.data.other.clear();
  event.data.stages.clear();
  event.data.disks.clear();
  for (auto* text : {&event.data.message, &event.data.reason})
    if (*text) *text = cut(**text, text_units_max);
  if (event.data.error) {
    event.data.error->other.clear();
    event.data.error->stderr_tail.reset();
  }
  body = event::encode_structured(event);
  if (body.size() <= generic_bytes_max) return body;
  event.extensions.clear();
  return event::encode_structured(event);
}

}  // namespace

std::string generic_body(const Options& options, const Notice& notice) {
  return options.format == Format::cloudevents ? cloudevents_body(notice.event)
                                               : inherited_body(options, notice);
}

}  // namespace godwit::webhooks::kinds
