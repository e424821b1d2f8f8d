#include "consumers/audit/offline/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "common/sqlite/partition_directory.h"
#include "consumers/audit/stored_tree.h"
#include "consumers/audit/verify/verify.h"

namespace godwit::audit::offline {
namespace {

struct Opened {
  explicit Opened(sqlite::Database database) : db(std::move(database)) {}
  sqlite::Database db;
  std::optional<StoredTree> tree;
};
using Stores = std::map<std::string, std::unique_ptr<Opened>>;

// By origin; each within a read transaction that lasts as long.
Result<Stores> open_trees(const std::string& data) {
  const auto serving = sqlite::serving_files(verify::store_folder(data));
  if (!serving.unreadable.empty()) return fatal_error(serving.unreadable.front());
  if (serving.files.empty()) return invalid_error("there is no store of the audit in " + data);
  Stores out;
  for (const sqlite::ServingFile& file : serving.files) {
    auto opened =
        std::make_unique<Opened>(sqlite::Database::open_or_throw(file.path, sqlite::OpenMode::read_only));
    opened->db.exec("BEGIN");
    opened->tree = StoredTree::open(opened->db);
    if (opened->tree) out.emplace(opened->tree->origin().text(), std::move(opened));
  }
  return out;
}

// Whether the first `size` records are the same.
Result<bool> agree(ledger::Hasher& hasher, StoredTree& a, StoredTree& b, std::uint64_t size) {
  ledger::TileNodes nodes_a{hasher, a}, nodes_b{hasher, b};
  const auto root_a = ledger::root_of(hasher, nodes_a, size);
  if (!root_a) return root_a.error();
  const auto root_b = ledger::root_of(hasher, nodes_b, size);
  if (!root_b) return root_b.error();
  return *root_a == *root_b;
}

// Trees that agree in a size agree in all smaller ones, so the first difference is found by halving.
Result<std::optional<std::uint64_t>> first_difference(StoredTree& a, StoredTree& b) {
  ledger::Hasher hasher;
  // Of smaller trees than this the roots cannot be told where records were pruned.
  const std::uint64_t least = std::max(a.first_kept(), b.first_kept());
  std::uint64_t same = least, different = std::min(a.size(), b.size()) + 1;
  if (least >= different)
    return invalid_error(fmt::format("{}: the first {} records of one were pruned, and the other has fewer",
                                     a.origin().text(), least));
  if (least > 0) {
    const auto agreed = agree(hasher, a, b, least);
    if (!agreed) return agreed.error();
    if (!*agreed)
      return invalid_error(fmt::format("{}: they differ among the first {} records, which were pruned",
                                       a.origin().text(), least));
  }
  for (std::uint64_t size = different - 1; different - same > 1; size = same + (different - same) / 2) {
    const auto agreed = agree(hasher, a, b, size);
    if (!agreed) return agreed.error();
    (*agreed ? same : different) = size;
  }
  if (same == std::min(a.size(), b.size())) return std::optional<std::uint64_t>{};
  return std::optional{same};
}

Result<std::vector<Compared>> compare_trees(Stores& a, Stores& b) {
  std::vector<Compared> out;
  for (const auto& [origin, opened] : a) {
    const auto other = b.find(origin);
    Compared compared{origin, opened->tree->size(), std::nullopt};
    if (other != b.end()) {
      compared.size_b = other->second->tree->size();
      const auto difference = first_difference(*opened->tree, *other->second->tree);
      if (!difference) return difference.error();
      compared.differs_at = *difference;
    }
    out.push_back(std::move(compared));
  }
  for (const auto& [origin, opened] : b)
    if (!a.contains(origin)) out.push_back({origin, std::nullopt, opened->tree->size()});
  return out;
}

}  // namespace

Result<std::vector<Compared>> compare(const std::string& data_a, const std::string& data_b) {
  try {
    auto a = open_trees(data_a);
    if (!a) return a.error();
    auto b = open_trees(data_b);
    if (!b) return b.error();
    return compare_trees(*a, *b);
  } catch (const projection::StoreUnavailable& failure) {
    return fatal_error(failure.what());
  }
}

}  // namespace godwit::audit::offline
