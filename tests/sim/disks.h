// The two kinds of Disk, for any projection.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "common/projection/memory_store.h"
#include "common/sqlite/partition_files.h"
#include "tests/sim/disk.h"
#include "tests/sim/rows.h"

namespace godwit::sim {

template <class P>
std::vector<std::string> rows_of(const std::map<std::string, typename P::State>& states,
                                 const std::vector<typename P::Outputs>& outputs) {
  std::vector<std::string> rows;
  rows.reserve(states.size() + outputs.size());
  for (const auto& [key, state] : states) rows.push_back(fmt::format("state of {}: {}", key, text_of(state)));
  for (const auto& each : outputs)
    for (const std::string& line : lines_of(each)) rows.push_back("output: " + line);
  std::sort(rows.begin(), rows.end());
  return rows;
}

template <class P>
class MemoryDisk final : public Disk {
 public:
  explicit MemoryDisk(P projection) : stores_(disk_, std::move(projection)) {}

  projection::StoreFactory& stores(bool) override { return stores_; }
  projection::StoreFactory::Opened open(const std::string& name, const projection::LogIdentity& log,
                                        bool repairs) override {
    if (is_damaged(name) && !repairs) return fatal_error(name + " is corrupt");
    if (is_damaged(name)) wipe(name);
    return stores_.open(name, log);
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> out;
    for (const auto& [name, image] : disk_.images) out.push_back(name);
    return out;
  }
  Contents read(const std::string& name) override {
    const auto& image = disk_.images[name];
    return {rows_of<P>(image.states, image.outputs), image.positions, image.letters.size()};
  }
  void wipe(const std::string& name) override {
    disk_.images.erase(name);
    disk_.next.erase(name);
    mend(name);
  }
  void take(const std::string& name, Disk& from) override {
    auto& other = dynamic_cast<MemoryDisk&>(from).disk_;
    wipe(name);
    if (from.is_damaged(name)) damage(name);
    from.mend(name);
    disk_.images[name] = std::move(other.images[name]);
    if (other.next.contains(name)) disk_.next[name] = std::move(other.next[name]);
    other.images.erase(name);
    other.next.erase(name);
  }

 private:
  projection::MemoryDisk<P> disk_;
  projection::MemoryStores<P> stores_;
};

template <class P, class Tables>
class FileDisk final : public Disk {
 public:
  FileDisk(const std::string& directory, P projection)
      : files_(directory, readers_, projection),
        repairing_(directory, readers_, std::move(projection), {.repair = true}) {}

  projection::StoreFactory& stores(bool repairs) override { return repairs ? repairing_ : files_; }
  projection::StoreFactory::Opened open(const std::string& name, const projection::LogIdentity& log,
                                        bool repairs) override {
    if (is_damaged(name)) spoil(name);
    const std::size_t aside_before = aside(name);
    auto opened = stores(repairs).open(name, log);
    if (!is_damaged(name) || !opened) return opened;
    const bool spoilt = spoilt_.contains(name);
    if (spoilt && !repairs)
      throw std::runtime_error{name + " is corrupt and was opened, though nobody asked for repair"};
    if (spoilt && aside(name) == aside_before)
      throw std::runtime_error{name + " was corrupt and was not moved aside"};
    if (!repairs) return opened;
    mend(name);
    return opened;
  }
  void mend(const std::string& name) override {
    Disk::mend(name);
    spoilt_.erase(name);
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> out;
    for (const std::string& file : files()) out.push_back(sqlite::store_of_file(file));
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
  // Through a connection of its own: the store may be open, and what it has not committed is not there.
  Contents read(const std::string& name) override {
    auto db = sqlite::Database::open(serving(name), sqlite::OpenMode::read_only).value();
    Contents out{dump(db), {}, 0};
    auto positions = db.prepare("SELECT topic, partition, next_offset FROM position");
    while (positions.step())
      out.positions[{std::string{positions.text(0)},
                     stream::Partition{static_cast<std::int32_t>(positions.integer(1))}}] =
          stream::Offset{positions.integer(2)};
    auto letters = db.prepare("SELECT count(*) FROM dead_letter");
    if (letters.step()) out.letters = static_cast<std::size_t>(letters.integer(0));
    return out;
  }
  void wipe(const std::string& name) override {
    for (const std::string& file : files_of(name))
      for (const char* part : parts) std::filesystem::remove(path(file) + part);
    mend(name);
  }
  void take(const std::string& name, Disk& from) override {
    auto& other = dynamic_cast<FileDisk&>(from);
    wipe(name);
    if (other.is_damaged(name)) damage(name);
    if (other.spoilt_.contains(name)) spoilt_.insert(name);
    other.mend(name);
    std::filesystem::create_directories(files_.directory());
    for (const std::string& file : other.files_of(name))
      for (const char* part : parts)
        if (std::filesystem::exists(other.path(file) + part))
          std::filesystem::rename(other.path(file) + part, path(file) + part);
  }

 private:
  static constexpr std::array<const char*, 3> parts{"", "-wal", "-shm"};
  std::string path(const std::string& file) const { return files_.directory() + "/" + file; }
  // Damages the file for good. Not before it is opened anew, and by nobody else: what a connection still has
  // in its log would heal it.
  void spoil(const std::string& name) {
    if (spoilt_.contains(name)) return;
    const std::string path = serving(name);
    if (std::filesystem::exists(path + "-wal")) return;
    spoilt_.insert(name);
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file << "this is no database";
  }
  std::size_t aside(const std::string& name) const {
    std::size_t count = 0;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator{files_.directory(), none}) {
      const std::string file = entry.path().filename();
      count += file.starts_with(name + ".") && file.find(".corrupt-") != std::string::npos ? 1U : 0U;
    }
    return count;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> out;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator{files_.directory(), none})
      if (entry.path().extension() == ".db") out.push_back(entry.path().filename());
    return out;
  }
  std::vector<std::string> files_of(const std::string& name) const {
    std::vector<std::string> out = files();
    std::erase_if(out, [&](const std::string& file) { return sqlite::store_of_file(file) != name; });
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {  // p.db, p.g2.db, ... p.g10.db
      return std::pair{a.size(), a} < std::pair{b.size(), b};
    });
    return out;
  }
  // The highest generation that does not say it is being rebuilt.
  std::string serving(const std::string& name) const {
    std::string out;
    for (const std::string& file : files_of(name)) {
      auto db = sqlite::Database::open(path(file), sqlite::OpenMode::read_only).value();
      auto mark = db.prepare("SELECT 1 FROM meta WHERE name = 'rebuilding'");
      if (!mark.step()) out = path(file);
    }
    return out;
  }

  sqlite::Readers readers_;
  sqlite::PartitionFiles<P, FragileTables<Tables>> files_, repairing_;
  std::set<std::string> spoilt_;  // damaged, and the file with it
};

}  // namespace godwit::sim
