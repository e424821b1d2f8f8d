#include "consumers/audit/offline/export_tiles.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "consumers/audit/ledger/tiles.h"
#include "consumers/audit/offline/stores.h"
#include "consumers/audit/query.h"
#include "consumers/audit/stored_tree.h"
#include "consumers/audit/verify/verify.h"

namespace godwit::audit::offline {
namespace {

namespace fs = std::filesystem;

Status write_file(const fs::path& path, std::string_view bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file{path, std::ios::binary};
  file << bytes;
  file.close();
  return file ? Status{Done{}} : transient_error(fmt::format("cannot write {}", path.string()));
}

Status write_hashes(StoredTree& tree, const std::string& folder, const std::vector<ledger::Tile>& tiles) {
  for (const ledger::Tile& tile : tiles) {
    if (!tile.level) continue;
    if (*tile.level == 0 && (tile.index + 1) * ledger::tile_width <= tree.first_kept()) continue;  // pruned
    const auto hashes = tree.hashes(*tile.level, tile.index * ledger::tile_width, tile.width);
    if (!hashes) return hashes.error();
    if (Status written = write_file(folder + "/" + tile.path(), ledger::tile_bytes(*hashes)); !written)
      return written;
  }
  return Done{};
}

Status write_entries(const Archive& archive, const sqlite::Readers& stores, const std::string& store,
                     const std::string& folder, const std::vector<ledger::Tile>& tiles) {
  ledger::Hasher hasher;
  for (const ledger::Tile& tile : tiles) {
    if (tile.level) continue;
    const auto first = static_cast<std::int64_t>(tile.index * ledger::tile_width);
    std::string bundle;
    for (const Row& row : archive.rows(stores, store, first, first + tile.width))
      if (Status added = ledger::append_entry(bundle, ledger::leaf_data(leaf_of(row, hasher))); !added)
        return added;
    if (Status written = write_file(folder + "/" + tile.path(), bundle); !written) return written;
  }
  return Done{};
}

// What is to be written of a store; its hashes are.
struct Log {
  std::string store, folder, checkpoint;
  std::vector<ledger::Tile> tiles;
};

Result<std::vector<Log>> write_trees(const std::string& data, const std::string& folder,
                                     const sqlite::Readers& stores) {
  std::vector<Log> out;
  Status outcome = Done{};
  stores.for_each([&](const std::string& store, sqlite::Database& db) {
    auto tree = StoredTree::open(db);
    const auto head = tree ? newest_head(data, tree->origin(), tree->size()) : std::nullopt;
    if (!head) return true;
    Log log{store, folder + "/" + tree->origin().text(), head->note, ledger::tiles_of(head->size)};
    std::erase_if(log.tiles, [&](const ledger::Tile& tile) {  // of pruned records
      return !tile.level && tile.index * ledger::tile_width < tree->first_kept();
    });
    outcome = write_hashes(*tree, log.folder, log.tiles);
    out.push_back(std::move(log));
    return outcome.ok();
  });
  if (!outcome) return outcome.error();
  return out;
}

// The checkpoint comes last: what it is of is there then.
Result<std::vector<std::string>> export_all(const std::string& data, const std::string& folder) {
  sqlite::Readers stores;
  if (Status opened = open_stores(data, stores); !opened) return opened.error();
  const auto logs = write_trees(data, folder, stores);
  if (!logs) return logs.error();
  const Archive archive{stores, verify::store_folder(data)};
  std::vector<std::string> out;
  for (const Log& log : *logs) {
    if (Status written = write_entries(archive, stores, log.store, log.folder, log.tiles); !written)
      return written.error();
    if (Status written = write_file(log.folder + "/checkpoint", log.checkpoint); !written)
      return written.error();
    out.push_back(log.folder);
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> export_tiles(const std::string& data, const std::string& folder) {
  try {
    return export_all(data, folder);
  } catch (const projection::StoreUnavailable& failure) {
    return fatal_error(failure.what());
  }
}

}  // namespace godwit::audit::offline
