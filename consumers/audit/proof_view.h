// ProofView: the audit's proofs over HTTP: checkpoints, inclusion, consistency, and the tree as tiles, so
// that other people's tools can check this store.
#pragma once

#include <cstdint>
#include <string>

#include "common/http/router.h"
#include "common/service/view.h"
#include "consumers/audit/checkpointer.h"
#include "consumers/audit/ledger/tiles.h"
#include "consumers/audit/query.h"
#include "consumers/audit/stored_tree.h"

namespace godwit::audit {

// Everything is answered by the instance that has the partition. Used by HTTP threads, several at a time.
class ProofView {
 public:
  // All outlive it.
  ProofView(const service::ViewContext& context, const Archive& archive, Checkpointer& checkpointer)
      : context_(context), archive_(archive), checkpointer_(checkpointer) {}

  // GET /api/v1/audit/checkpoint, /api/v1/audit/key (this instance's), /api/v1/audit/proof/inclusion,
  // /api/v1/audit/proof/consistency, and /api/v1/audit/log/{topic}/{partition}/checkpoint and .../tile/...
  // (c2sp.org/tlog-tiles)
  void routes(http::Router& router);

 private:
  http::Response checkpoints(const http::Request& request) const;
  http::Response key(const http::Request& request) const;
  http::Response log_checkpoint(const http::Request& request) const;
  http::Response checkpoint(const http::Request& request, const std::string& topic,
                            std::int64_t partition) const;
  http::Response inclusion(const http::Request& request) const;
  http::Response consistency(const http::Request& request) const;
  http::Response tile(const http::Request& request) const;
  http::Response entries(const http::Request& request, const std::string& topic, std::int64_t partition,
                         const ledger::Tile& wanted) const;
  // What `answer` makes of that partition's store, or of its tree, wherever it is.
  template <class Answer>
  http::Response of_store(const http::Request& request, const std::string& topic, std::int64_t partition,
                          const Answer& answer) const;
  template <class Answer>
  http::Response of_tree(const http::Request& request, const std::string& topic, std::int64_t partition,
                         const Answer& answer) const;
  std::string proof_of(const Found& found, const sqlite::Readers& files) const;

  const service::ViewContext& context_;
  const Archive& archive_;
  Checkpointer& checkpointer_;
};

}  // namespace godwit::audit
