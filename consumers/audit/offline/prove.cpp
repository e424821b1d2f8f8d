#include "consumers/audit/offline/prove.h"

#include <fmt/format.h>

#include "consumers/audit/ledger/proof_text.h"
#include "consumers/audit/offline/stores.h"
#include "consumers/audit/query.h"
#include "consumers/audit/stored_tree.h"
#include "consumers/audit/verify/verify.h"

namespace godwit::audit::offline {
namespace {

Result<std::string> prove_in(StoredTree& tree, const std::string& data, const Row& row) {
  const auto index = static_cast<std::uint64_t>(row.id);
  const auto head = newest_head(data, tree.origin(), tree.size());
  if (!head || head->size <= index)
    return transient_error(
        fmt::format("record {} of {} is under no checkpoint yet", index, tree.origin().text()));
  const auto note = ledger::parse_note(head->note);
  if (!note) return fatal_error(note.error().message);
  const auto signed_tree = ledger::Checkpoint::parse(note->text);
  if (!signed_tree) return fatal_error(signed_tree.error().message);
  ledger::Hasher hasher;
  ledger::TileNodes nodes{hasher, tree};
  auto proof = ledger::prove_inclusion(hasher, nodes, index, signed_tree->head.size);
  if (!proof) return proof.error();
  std::string leaf = ledger::leaf_data(leaf_of(row, hasher));
  const Status proved = ledger::verify_inclusion(hasher, index, signed_tree->head.size, hasher.leaf(leaf),
                                                 *proof, signed_tree->head.root);
  if (!proved)
    return fatal_error(fmt::format("the store is not the one that was signed ({}); see godwit audit verify",
                                   proved.error().message));
  return ledger::ProofText{std::move(leaf), index, std::move(*proof), head->note}.text();
}

Result<std::string> prove_any(const std::string& data, const std::string& event_id,
                              const std::optional<std::string>& source) {
  sqlite::Readers stores;
  if (Status opened = open_stores(data, stores); !opened) return opened.error();
  const Archive archive{stores, verify::store_folder(data)};
  const auto found = archive.event(stores, event_id, source, 1);
  if (found.empty()) return invalid_error(fmt::format("there is no record of the event {}", event_id));
  Result<std::string> out = fatal_error("its store has gone");
  stores.for_each([&](const std::string& store, sqlite::Database& db) {
    if (store != found.front().place.file) return true;
    if (auto tree = StoredTree::open(db)) out = prove_in(*tree, data, found.front().row);
    return false;
  });
  return out;
}

}  // namespace

Result<std::string> prove(const std::string& data, const std::string& event_id,
                          const std::optional<std::string>& source) {
  try {
    return prove_any(data, event_id, source);
  } catch (const projection::StoreUnavailable& failure) {
    return fatal_error(failure.what());
  }
}

}  // namespace godwit::audit::offline
