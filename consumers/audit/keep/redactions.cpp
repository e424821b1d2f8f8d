#include "consumers/audit/keep/redactions.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/base/base64.h"
#include "common/sqlite/database.h"

namespace godwit::audit::keep {
namespace {

using sqlite::Statement;

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS redaction (
  origin TEXT NOT NULL, id INTEGER NOT NULL, log_offset INTEGER NOT NULL, leaf BLOB NOT NULL,
  at_ms INTEGER NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY (origin, id)) STRICT;
CREATE TRIGGER IF NOT EXISTS redaction_no_delete BEFORE DELETE ON redaction
BEGIN SELECT RAISE(ABORT, 'what was redacted is never forgotten'); END;
)";

}  // namespace

std::string Redaction::statement() const {
  return fmt::format("godwit-audit redacted\n{}\n{} {}\n{}\n{}\n{}\n", origin.text(), index, offset,
                     base64(ledger::as_bytes(leaf)), format_rfc3339(at), reason);
}

Result<std::vector<Redaction>> read_redactions(const std::string& path) {
  std::vector<Redaction> out;
  if (!std::filesystem::exists(path)) return out;
  try {
    auto db = sqlite::Database::open_or_throw(path, sqlite::OpenMode::read_only);
    auto row = db.prepare("SELECT origin, id, log_offset, leaf, at_ms, reason, note FROM redaction");
    while (row.step()) {
      auto origin = ledger::Origin::parse(row.text(0));
      const auto leaf = ledger::digest_from(row.blob(3));
      if (!origin || !leaf) return fatal_error(fmt::format("{}: a row is damaged", path));
      out.push_back({.origin = std::move(*origin),
                     .index = row.integer(1),
                     .offset = row.integer(2),
                     .leaf = *leaf,
                     .at = from_unix_ms(row.integer(4)),
                     .reason = std::string{row.text(5)},
                     .note = std::string{row.text(6)}});
    }
  } catch (const sqlite::StoreFailure& failure) {
    return transient_error(failure.what());
  }
  return out;
}

Status add_redaction(const std::string& path, const Redaction& redaction) {
  try {
    auto db = sqlite::Database::open_or_throw(path, sqlite::OpenMode::read_write);
    db.exec(schema);
    db.prepare("INSERT OR IGNORE INTO redaction VALUES (?, ?, ?, ?, ?, ?, ?)")
        .run(redaction.origin.text(), redaction.index, redaction.offset,
             Statement::blob_of(ledger::as_bytes(redaction.leaf)), to_unix_ms(redaction.at), redaction.reason,
             redaction.note);
  } catch (const sqlite::StoreFailure& failure) {
    return transient_error(failure.what());
  }
  return Done{};
}

Redactions::Redactions(const std::vector<Redaction>& all) {
  for (const Redaction& each : all)
    leaves_.emplace(std::tuple{each.origin.topic, each.origin.partition, each.offset}, each.leaf);
}

bool Redactions::holds(std::string_view topic, std::int32_t partition, std::int64_t offset,
                       const ledger::Digest& leaf) const {
  if (leaves_.empty()) return false;
  const auto found = leaves_.find(std::tuple{std::string{topic}, partition, offset});
  return found != leaves_.end() && found->second == leaf;
}

}  // namespace godwit::audit::keep
