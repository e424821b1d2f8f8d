#include "consumers/audit/offline/redact.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "common/base/file_lock.h"
#include "common/http/encoding.h"
#include "common/sqlite/partition_directory.h"
#include "consumers/audit/keep/own_events.h"
#include "consumers/audit/keep/pruned_table.h"
#include "consumers/audit/ledger/key_file.h"
#include "consumers/audit/offline/stores.h"
#include "consumers/audit/query.h"
#include "consumers/audit/record_table.h"
#include "consumers/audit/stored_tree.h"
#include "consumers/audit/verify/verify.h"

namespace godwit::audit::offline {
namespace {

namespace fs = std::filesystem;
using keep::Redaction;
using sqlite::Statement;

constexpr std::int64_t rows_max = 10'000;        // with one event id, of each partition
constexpr std::size_t reason_bytes_max = 1'000;  // a line of a note

// A record to redact, and where it lies.
struct Target {
  std::string store, path;
  Redaction redaction;
  std::string digest;  // of its value
};

Error nothing_found(const std::string& event_id, bool pruned) {
  return invalid_error(pruned ? fmt::format("event {} was pruned; an archive is not changed", event_id)
                              : fmt::format("there is no record of the event {}", event_id));
}

Result<std::vector<Target>> find(const RedactOptions& options, Timestamp now) {
  sqlite::Readers stores;
  if (Status opened = open_stores(options.data, stores); !opened) return opened.error();
  const Archive archive{stores, verify::store_folder(options.data)};
  const auto found = archive.event(stores, options.event_id, options.source, rows_max);
  std::set<std::string> sources;
  for (const Found& each : found) sources.insert(each.row.source.value_or(""));
  if (sources.size() > 1)
    return invalid_error(fmt::format("events of several sources have the id {}; give --source, one of: {}",
                                     options.event_id, fmt::join(sources, " ")));
  std::vector<Target> out;
  bool pruned = false, without_value = false;
  ledger::Hasher hasher;
  stores.for_each([&](const std::string& store, sqlite::Database& db) {
    const auto tree = StoredTree::open(db);
    pruned = pruned || keep::was_pruned(db, options.event_id);
    for (const Found& each : found) {
      if (!tree || each.place.file != store) continue;
      const ledger::Leaf leaf = leaf_of(each.row, hasher);
      without_value = without_value || !leaf.value;
      if (!leaf.value) continue;
      out.push_back({.store = store,
                     .path = db.path(),
                     .redaction = {.origin = tree->origin(),
                                   .index = each.row.id,
                                   .offset = each.row.offset,
                                   .leaf = hasher.leaf(ledger::leaf_data(leaf)),
                                   .at = now,
                                   .reason = http::printable(options.reason)},
                     .digest = ledger::bytes_of(*leaf.value)});
    }
    return true;
  });
  if (without_value) return invalid_error("a record of it has no value");
  if (out.empty()) return nothing_found(options.event_id, pruned);
  return out;
}

void take_out(sqlite::Database& db, const std::string& table, const Target& target) {
  db.prepare(fmt::format("UPDATE {} SET value = NULL, value_digest = ?, task_id = NULL, vm_name = NULL, "
                         "provider = NULL, user = NULL, ip_address = NULL, stage = NULL, plan_id = NULL, "
                         "refusal_pointer = NULL, refusal_detail = NULL WHERE id = ?",
                         table))
      .run(Statement::blob_of(target.digest), target.redaction.index);
}

// The guard against changes stands aside for this one. Pages that held the value are overwritten, and so is
// the WAL.
void take_out_of_table(sqlite::Database& db, const std::string& table, const Target& target) {
  db.exec("PRAGMA secure_delete = ON");
  {
    sqlite::Transaction transaction{db};
    auto guard = db.prepare(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? AND name LIKE "
        "'record_no_update_%'");
    std::vector<std::pair<std::string, std::string>> guards;
    guard.bind(table);
    while (guard.step()) guards.emplace_back(guard.text(0), guard.text(1));
    for (const auto& [name, sql] : guards) db.exec(fmt::format("DROP TRIGGER {}", name));
    take_out(db, table, target);
    for (const auto& [name, sql] : guards) db.exec(sql);
    transaction.commit();
  }
  auto checkpoint = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  while (checkpoint.step()) {
  }
}

// A new file without the value, in place of the one that was sealed.
Status take_out_of_segment(sqlite::Database& db, const Segment& segment, const Target& target) {
  const std::string path = sealed_path(db.path(), segment.first_index);
  const std::string copy = path + ".copy.part", draft = path + ".part";
  fs::remove(copy);
  fs::remove(draft);
  write_draft(segment, path, "record", copy, {});
  {
    auto file = sqlite::Database::open_or_throw(copy, sqlite::OpenMode::scratch);
    take_out(file, "record", target);
    file.prepare("VACUUM INTO ?").run(draft);
  }
  fs::remove(copy);
  const auto sha256 = place_sealed(segment, draft, sqlite::companion_of(db.path()));
  if (!sha256) return sha256.error();
  sqlite::Transaction transaction{db};
  db.prepare("UPDATE segment SET file_sha256 = ? WHERE first_index = ?")
      .run(Statement::blob_of(ledger::as_bytes(*sha256)), segment.first_index);
  transaction.commit();
  return Done{};
}

Status take_out(const Target& target) {
  auto db = sqlite::Database::open_or_throw(target.path, sqlite::OpenMode::read_write);
  for (const Closed& each : closed_segments(db)) {
    const Segment& segment = each.segment;
    if (target.redaction.index < segment.first_index ||
        target.redaction.index >= segment.first_index + segment.rows)
      continue;
    if (each.sealed) return take_out_of_segment(db, segment, target);
    take_out_of_table(db, closed_record_table(segment.first_index), target);
    return Done{};
  }
  take_out_of_table(db, "record", target);
  return Done{};
}

Status tell(const RedactOptions& options, const Target& target, Timestamp now) {
  auto own = keep::OwnEvents::open(verify::own_events_file(options.data), now);
  if (!own) return own.error();
  const auto& [origin, index, offset, leaf, at, reason, note] = target.redaction;
  own->tell({.type = event::Type::audit_record_redacted,
             .key = fmt::format("redacted/{}/{}/{}", origin.topic, origin.partition, index),
             .resource = origin.text(),
             .reason = reason,
             .message = fmt::format("Redacted the record {} of {}", index, origin.text()),
             .more = {{"index", std::to_string(index)}, {"offset", std::to_string(offset)}}},
            now);
  return Done{};
}

Result<std::vector<Redaction>> redact_all(const RedactOptions& options, Timestamp now) {
  if (options.reason.size() > reason_bytes_max)
    return invalid_error(fmt::format("--reason has more than {} bytes", reason_bytes_max));
  auto targets = find(options, now);
  if (!targets) return targets.error();
  const auto signer = ledger::read_key_file(options.signing_key);
  if (!signer) return signer.error();
  std::vector<std::unique_ptr<FileLock>> locks;
  std::set<std::string> locked;
  for (const Target& each : *targets) {
    if (!locked.insert(each.store).second) continue;
    locks.push_back(std::make_unique<FileLock>(
        fmt::format("{}/{}.db.lock", verify::store_folder(options.data), each.store)));
    if (!locks.back()->held())
      return fatal_error(fmt::format("{} is open in a running audit; stop it first", each.path));
  }
  std::vector<Redaction> out;
  for (Target& each : *targets) {
    const std::string text = each.redaction.statement();
    each.redaction.note = ledger::format_note({text, {ledger::sign(*signer, text)}});
    if (Status kept = keep::add_redaction(verify::redactions_file(options.data), each.redaction); !kept)
      return kept.error();
    if (Status taken = take_out(each); !taken) return taken.error();
    if (Status told = tell(options, each, now); !told) return told.error();
    out.push_back(each.redaction);
  }
  return out;
}

}  // namespace

Result<std::vector<Redaction>> redact(const RedactOptions& options, const Clock& clock) {
  try {
    return redact_all(options, clock.now());
  } catch (const projection::StoreUnavailable& failure) {
    return fatal_error(failure.what());
  } catch (const fs::filesystem_error& failure) {
    return fatal_error(failure.what());
  }
}

}  // namespace godwit::audit::offline
