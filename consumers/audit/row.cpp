#include "consumers/audit/row.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/stream/event_record.h"
#include "consumers/audit/members.h"

namespace godwit::audit {
namespace {

// No more than what questions need to find it.
AuditEntry entry_of_redacted(const Row& row) {
  AuditEntry out;
  out.event_id = row.event_id;
  out.event_type = row.redacted->event_type;
  out.timestamp = row.redacted->timestamp;
  out.action = "redacted";
  out.description = "Its value was taken out of the audit";
  out.status = "redacted";
  out.success = row.redacted->success;
  out.source = row.source;
  return out;
}

constexpr std::int64_t time_ms_max = 253'402'300'799'999;  // the last millisecond of the year 9999

}  // namespace

std::optional<stream::Record> Row::record() const {
  auto unpacked = unpack_headers(headers);
  if (!unpacked) return std::nullopt;
  return stream::Record{
      topic, stream::Partition{partition}, stream::Offset{offset}, from_unix_ms(record_ms), key,
      value, *std::move(unpacked)};
}

Unreadable unreadable(const stream::Record& record, const event::Refusal& refusal) {
  // A record's time is the producer's to choose, within 64 bits.
  const auto time = from_unix_ms(std::clamp<std::int64_t>(to_unix_ms(record.timestamp), 0, time_ms_max));
  return {fmt::format("{}:{}:{}", record.topic, record.partition.value(), record.offset.value()), time,
          record.value ? record.value->size() : 0, refusal};
}

ledger::Leaf leaf_of(const Row& row, ledger::Hasher& hasher) {
  ledger::Leaf out{.offset = row.offset, .record_ms = row.record_ms, .headers = row.headers};
  if (row.key) out.key = *row.key;
  if (row.value) out.value = ledger::digest_value(hasher, *row.value);
  if (row.redacted) out.value = row.redacted->value;
  return out;
}

Result<AuditEntry> entry_of(const Row& row) {
  const auto record = row.record();
  if (!record) return invalid_error("its headers are damaged");
  if (row.redacted) return entry_of_redacted(row);
  if (row.refusal) return entry_of(unreadable(*record, *row.refusal));
  const auto event = stream::decode(*record);
  if (!event) return invalid_error(fmt::format("it can no longer be read: {}", event.error().message()));
  if (event->id != row.event_id || event->source != row.source)
    return invalid_error("its bytes are those of another event");
  return make_entry(*event);
}

projection::StoreUnavailable damaged(std::string_view file, const Row& row, const Error& error) {
  return projection::StoreUnavailable{
      fmt::format("{}: row {} (offset {}): {}", file, row.id, row.offset, error.message)};
}

}  // namespace godwit::audit
