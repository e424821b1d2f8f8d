// Claims: what signed checkpoints say of each partition's tree, once their signatures are verified. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consumers/audit/ledger/keys.h"
#include "consumers/audit/ledger/proof.h"
#include "consumers/audit/verify/finding.h"
#include "consumers/audit/verify/tree_check.h"

namespace godwit::audit::verify {

// A checkpoint as it was kept or published; nothing of it is believed yet.
struct Published {
  std::string place;  // "signed.db", "export.ndjson:3"
  std::string origin;
  std::string note;
  std::string frontier;  // bytes
  // What is stored beside the note in signed.db.
  std::optional<std::uint64_t> size = {};
  std::optional<std::string> root = {};
};

class Claims {
 public:
  // Checkpoints that are not of one of these keys, of another origin than they are kept under, or not what is
  // stored beside them are findings and no claims; two of one size that differ are a finding and both claims.
  static Claims verified(const std::vector<Published>& all, const std::vector<ledger::VerifierKey>& keys,
                         std::vector<Finding>& findings);

  // By size; one for each root.
  std::vector<Claim> of(const std::string& origin) const;
  // The largest size that was signed; 0 for none.
  std::uint64_t largest(const std::string& origin) const;
  std::vector<std::string> origins() const;

 private:
  void add(const Published& from, const std::string& origin, const ledger::TreeHead& head,
           std::vector<Finding>& findings);

  struct Kept {
    Claim claim;
    std::string note;
  };
  std::map<std::string, std::multimap<std::uint64_t, Kept>> by_origin_;
};

}  // namespace godwit::audit::verify
