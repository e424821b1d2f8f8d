#include "consumers/audit/export/cef.h"

#include <fmt/format.h>

#include "common/service/version.h"
#include "consumers/audit/export/address.h"

namespace godwit::audit {
namespace {

// 0 (least) to 10.
constexpr int severity_success = 3;
constexpr int severity_unparseable = 5;
constexpr int severity_failure = 7;
constexpr std::int64_t ns_per_ms = 1'000'000;

int severity_of(const AuditEntry& entry, const Row& row) {
  if (row.refusal) return severity_unparseable;
  return entry.success ? severity_success : severity_failure;
}

class Extensions {
 public:
  Extensions& add(std::string_view key, std::string_view value) {
    out_ += fmt::format("{}{}={}", out_.empty() ? "" : " ", key, cef_value(value));
    return *this;
  }
  Extensions& add_if(std::string_view key, const std::optional<std::string>& value) {
    return value && !value->empty() ? add(key, *value) : *this;
  }
  Extensions& add_if(std::string_view key, const std::optional<std::int64_t>& value) {
    return value ? add(key, fmt::to_string(*value)) : *this;
  }
  // A field without a meaning of its own, and what it means here.
  template <class Value>
  Extensions& custom(std::string_view key, std::string_view label, const Value& value) {
    const std::size_t before = out_.size();
    add_if(key, value);
    return out_.size() == before ? *this : add(fmt::format("{}Label", key), label);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void add_address(Extensions& out, const std::string& address) {
  switch (kind_of_address(address)) {
    case AddressKind::ipv4:
      out.add("src", address);
      return;
    case AddressKind::ipv6:
      out.add("c6a2", address).add("c6a2Label", "Source IPv6 Address");
      return;
    case AddressKind::other:
      out.add("shost", address);
  }
}

std::string extensions_of(const AuditEntry& entry, const Row& row) {
  Extensions out;
  out.add("rt", fmt::to_string(to_unix_ms(entry.timestamp))).add("externalId", entry.event_id);
  out.add("act", entry.action)
      .add("outcome", entry.success ? "success" : "failure")
      .add_if("suser", entry.user);
  if (entry.ip_address && !entry.ip_address->empty()) add_address(out, *entry.ip_address);
  out.add_if("requestClientApplication", entry.user_agent).add_if("msg", entry.description);
  out.add_if("reason", entry.error)
      .custom("cs1", "task_id", entry.task_id)
      .custom("cs2", "vm_name", entry.vm_name);
  out.custom("cs3", "provider", entry.provider).custom("cs4", "stage", entry.stage);
  out.custom("cs5", "plan_id", entry.details.plan_id);
  const auto record = fmt::format("{}:{}:{}", row.topic, row.partition, row.offset);
  out.custom("cs6", "record", std::optional{record}).custom("cn1", "attempt", entry.attempt);
  const auto ms = entry.duration_ns ? std::optional{*entry.duration_ns / ns_per_ms} : std::nullopt;
  out.custom("cn2", "duration_ms", ms);
  return out.take();
}

}  // namespace

std::string cef_header_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '|') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

std::string cef_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '=') out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else
      out += c;
  }
  return out;
}

std::string cef_line(const AuditEntry& entry, const Row& row) {
  return fmt::format("CEF:0|Godwit|godwit-audit|{}|{}|{}|{}|{}", cef_header_text(service::version),
                     cef_header_text(entry.event_type),
                     cef_header_text(entry.description.value_or(entry.action)), severity_of(entry, row),
                     extensions_of(entry, row));
}

}  // namespace godwit::audit
