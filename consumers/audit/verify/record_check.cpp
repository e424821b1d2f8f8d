#include "consumers/audit/verify/record_check.h"

#include <fmt/format.h>

#include <array>

#include "common/http/encoding.h"
#include "common/stream/event_record.h"
#include "consumers/audit/members.h"
#include "consumers/audit/row.h"

namespace godwit::audit::verify {
namespace {

using sqlite::Statement;

constexpr std::array<const char*, 23> names{
    "id",       "log_offset", "record_ms",    "event_ms",        "event_type",     "success", "duplicate",
    "event_id", "source",     "task_id",      "vm_name",         "provider",       "user",    "ip_address",
    "stage",    "plan_id",    "refusal_kind", "refusal_pointer", "refusal_detail", "leaf",    "value_digest",
    "headers",  "key"};
enum Column {
  id,
  log_offset,
  record_ms,
  event_ms,
  event_type,
  success,
  duplicate,
  event_id,
  source,
  task_id,
  vm_name,
  provider,
  user,
  ip_address,
  stage,
  plan_id,
  refusal_kind,
  refusal_pointer,
  refusal_detail,
  leaf,
  value_digest,
  headers,
  key,
  value
};

std::optional<std::string_view> maybe_blob(const Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional{row.blob(column)};
}

// Names the columns that are not what they should be.
class Comparison {
 public:
  explicit Comparison(const Statement& row) : row_(row) {}

  void number(Column column, std::int64_t expected) {
    if (row_.is_null(column) || row_.integer(column) != expected) differs(column);
  }
  void text(Column column, std::optional<std::string_view> expected) {
    if (row_.is_null(column) ? expected.has_value() : row_.text(column) != expected) differs(column);
  }
  void terms(const Terms& terms) {
    number(event_ms, to_unix_ms(terms.timestamp));
    text(event_type, terms.event_type);
    number(success, terms.success ? 1 : 0);
    text(event_id, terms.event_id);
    text(source, terms.source);
    text(task_id, terms.task_id);
    text(vm_name, terms.vm_name);
    text(provider, terms.provider);
    text(user, terms.user);
    text(ip_address, terms.ip_address);
    text(stage, terms.stage);
    text(plan_id, terms.plan_id);
  }
  void refusal(const event::Refusal* refusal) {
    const auto part = [&](Column column, std::string event::Refusal::*member) {
      if (refusal == nullptr) return text(column, std::nullopt);
      text(column, http::printable(refusal->*member));
    };
    part(refusal_kind, &event::Refusal::kind);
    part(refusal_pointer, &event::Refusal::pointer);
    part(refusal_detail, &event::Refusal::detail);
  }
  const std::string& different() const { return different_; }

 private:
  void differs(Column column) {
    if (!different_.empty()) different_ += ", ";
    different_ += names.at(static_cast<std::size_t>(column));
  }

  const Statement& row_;
  std::string different_;
};

}  // namespace

std::string RecordCheck::columns() { return fmt::format("{}, value", fmt::join(names, ", ")); }

ledger::Digest RecordCheck::leaf_of(const Statement& row) {
  const auto bytes = maybe_blob(row, value);
  auto digest = bytes ? std::optional{ledger::digest_value(hasher_, *bytes)} : std::nullopt;
  if (!bytes && !row.is_null(value_digest)) digest = ledger::value_digest_from(row.blob(value_digest));
  return leaf_hasher_.of(ledger::Leaf{.offset = row.integer(log_offset),
                                      .record_ms = row.integer(record_ms),
                                      .key = maybe_blob(row, key),
                                      .value = digest,
                                      .headers = row.blob(headers)});
}

bool RecordCheck::on_record(const Statement& row) const {
  const auto found = redacted_.find(row.integer(id));
  return found != redacted_.end() && ledger::digest_from(row.blob(leaf)) == found->second;
}

std::int64_t RecordCheck::earlier_rows(std::string_view source_name, std::string_view event) {
  return seen_.meet(hasher_, source_name, event) + (pruned_rows ? pruned_rows(source_name, event) : 0);
}

// Nothing that came from the value is left but what questions need to find the row.
void RecordCheck::check_redacted(const Statement& row, CheckedRecord& out) {
  const auto index = static_cast<std::uint64_t>(row.integer(id));
  out.redacted = true;
  ++report_.redacted;
  if (!on_record(row))
    report_.at_index(index, "its value was taken out, and no redaction of it is on record");
  if (!row.is_null(value)) report_.at_index(index, "it says that its value was taken out, and has one");
  const auto digest = ledger::value_digest_from(row.blob(value_digest));
  out.bytes =
      static_cast<std::int64_t>((row.is_null(key) ? 0 : row.blob(key).size()) + (digest ? digest->size : 0));
  out.is_event = !row.is_null(source);
  Comparison compared{row};
  for (const Column column :
       {task_id, vm_name, provider, user, ip_address, stage, plan_id, refusal_pointer, refusal_detail})
    compared.text(column, std::nullopt);
  compared.number(duplicate, out.is_event ? earlier_rows(row.text(source), row.text(event_id)) : 0);
  if (!compared.different().empty())
    report_.at_index(index, fmt::format("it was redacted, and has left: {}", compared.different()));
}

CheckedRecord RecordCheck::check(const Statement& row) {
  const auto index = static_cast<std::uint64_t>(row.integer(id));
  CheckedRecord out{.leaf = ledger::digest_from(row.blob(leaf)), .event_ms = row.integer(event_ms)};
  if (out.leaf != leaf_of(row))
    report_.at_index(index, "its bytes (offset, time, key, headers or value) are not those of its leaf");
  if (!row.is_null(value_digest)) {
    check_redacted(row, out);
    return out;
  }
  if (on_record(row)) report_.at_index(index, "it was redacted, and its value is still here");
  auto unpacked = ledger::unpack_headers(row.blob(headers));
  if (!unpacked) {
    report_.at_index(index, "its headers are damaged");
    return out;
  }
  const stream::Record record{topic_,
                              stream::Partition{partition_},
                              stream::Offset{row.integer(log_offset)},
                              from_unix_ms(row.integer(record_ms)),
                              maybe_blob(row, key),
                              maybe_blob(row, value),
                              *std::move(unpacked)};
  out.bytes = static_cast<std::int64_t>(record.key.value_or("").size() + record.value.value_or("").size());
  Comparison compared{row};
  std::int64_t earlier = 0;
  if (const auto event = stream::decode(record)) {
    out.is_event = true;
    compared.terms(terms_of(*event));
    compared.refusal(nullptr);
    earlier = earlier_rows(event->source, event->id);
  } else {
    const Unreadable unread = unreadable(record, event.error());
    compared.terms(terms_of(unread));
    compared.refusal(&event.error());
  }
  compared.number(duplicate, earlier);
  if (!compared.different().empty())
    report_.at_index(index, fmt::format("not what its bytes say: {}", compared.different()));
  return out;
}

}  // namespace godwit::audit::verify
