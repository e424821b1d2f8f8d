#include "consumers/audit/entry_json.h"

#include "common/base/base64.h"
#include "common/http/encoding.h"

namespace godwit::audit {
namespace {

void write_strings(json::Writer& out, std::string_view name, const std::vector<std::string>& texts) {
  out.key(name).begin_array();
  for (const std::string& text : texts) out.value(text);
  out.end_array();
}

std::optional<std::string> maybe_base64(const std::optional<std::string_view>& bytes) {
  return bytes ? std::optional{base64(*bytes)} : std::nullopt;
}

}  // namespace

// The destination is held by `target` only nested, so it is put in front.
std::string details_json(const AuditEntry& entry) {
  const std::string data = event::encode_data(entry.details);
  const bool destination = entry.destination && event::find_other(entry.details, "destination") == nullptr;
  if (!destination) return data == "{}" ? "" : data;
  json::Writer head;
  head.begin_object().member("destination", *entry.destination).end_object();
  std::string joined = head.take();
  if (data != "{}") {
    joined.back() = ',';
    joined.append(data, 1);
  }
  return joined;
}

void write_entry(json::Writer& out, const AuditEntry& entry, const Row& row) {
  out.begin_object().member("event_id", entry.event_id).member("event_type", entry.event_type);
  out.member("timestamp", format_rfc3339(entry.timestamp))
      .member_if("task_id", entry.task_id)
      .member_if("vm_name", entry.vm_name);
  out.member_if("provider", entry.provider)
      .member_if("user", entry.user)
      .member_if("ip_address", entry.ip_address);
  out.member_if("user_agent", entry.user_agent)
      .member("action", entry.action)
      .member_if("description", entry.description);
  out.member("status", entry.status).member_if("duration", entry.duration_ns);
  if (const std::string details = details_json(entry); !details.empty()) out.member_raw("details", details);
  out.member("success", entry.success).member_if("error", entry.error);
  if (!entry.resources.empty()) write_strings(out, "resources", entry.resources);
  if (entry.changes_json) out.member_raw("changes", *entry.changes_json);
  out.member("topic", row.topic)
      .member("partition", std::int64_t{row.partition})
      .member("offset", row.offset);
  out.member_if("source", entry.source).member_if("attempt", entry.attempt).member_if("stage", entry.stage);
  out.member("duplicate", row.duplicate).end_object();
}

void write_record(json::Writer& out, const Row& row) {
  out.begin_object()
      .member("topic", row.topic)
      .member("partition", std::int64_t{row.partition})
      .member("offset", row.offset);
  out.member("timestamp_ms", row.record_ms)
      .member("key", maybe_base64(row.key))
      .member("value", maybe_base64(row.value));
  if (row.redacted)
    out.member("value_sha256", base64(ledger::as_bytes(row.redacted->value.sha256)))
        .member("value_bytes", std::int64_t{row.redacted->value.size});
  out.key("headers").begin_array();
  if (const auto record = row.record())
    for (const stream::HeaderView& header : record->headers)
      out.begin_array().value(http::printable(header.name)).value(maybe_base64(header.value)).end_array();
  out.end_array().end_object();
}

}  // namespace godwit::audit
