#include "common/sqlite/readers.h"

namespace godwit::sqlite {

Readers::Readers(const Readers& all, const std::set<std::string>& names) : immutable_(all.immutable_) {
  for (const auto& [name, reader] : all.snapshot())
    if (names.contains(name)) readers_.emplace(name, reader);
}

Result<Readers::Ticket> Readers::add(const std::string& name, const std::string& path) {
  auto db = Database::open(path, OpenMode::read_only);
  if (!db) return db.error();
  const std::lock_guard lock{mutex_};
  readers_[name] = std::make_shared<Reader>(std::move(*db), ++last_);
  return last_;
}

void Readers::remove(const std::string& name, Ticket ticket) {
  const std::lock_guard lock{mutex_};
  const auto found = readers_.find(name);
  if (found != readers_.end() && found->second->ticket == ticket) readers_.erase(found);
}

std::string Readers::path(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  const auto found = readers_.find(name);
  return found == readers_.end() ? std::string{} : found->second->db.path();
}

std::vector<std::string> Readers::names() const {
  std::vector<std::string> out;
  for (const auto& [name, reader] : snapshot()) out.push_back(name);
  return out;
}

std::map<std::string, std::shared_ptr<Readers::Reader>> Readers::snapshot() const {
  const std::lock_guard lock{mutex_};
  return readers_;
}

Readers::ReadScope::~ReadScope() {
  try {
    db_.exec("COMMIT");
  } catch (const StoreFailure&) {
    // A read transaction that SQLite has already ended by itself after an I/O error.
  }
}

}  // namespace godwit::sqlite
