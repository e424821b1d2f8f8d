// Gathering: one answer from all instances, each asked once for exactly the stores it owns.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/cluster/hop.h"
#include "common/cluster/peers.h"
#include "common/json/writer.h"

namespace godwit::cluster {

// What an answer holds and what it lacks.
struct Coverage {
  bool known = false;   // false: nothing was read, since nobody knows how many partitions there are
  Stores missing = {};  // no owner, or it did not answer in time
  Stores behind = {};   // in the answer, though not caught up since they were assigned

  bool whole() const { return known && missing.empty(); }
};

// 503 for an answer that cannot even be partial.
http::Response not_known(const Peers& peers);
// 503 for an answer that must be whole, naming what is missing.
http::Response not_whole(const Peers& peers, const Coverage& coverage);
// "partial":false, or "partial":true,"missing":[...]; and "catching_up":[...] when there is something.
void write_coverage(json::Writer& out, const Coverage& coverage);

// Reads our own share once, or twice when something comes to us meanwhile, and never a store twice.
using ReadShare = std::function<void(const sqlite::Readers& files)>;
// Takes what an instance answered with 200; false when it is nothing usable.
using TakeAnswer = std::function<bool(std::string_view body)>;

// `target`: path and query of the hop. When an instance has given a store up, the owners are looked at once
// more.
Coverage gather(Peers& peers, const sqlite::Readers& all, const std::string& target, const ReadShare& read,
                const TakeAnswer& take);

// The same for an answer made of parts of one kind.
template <class Part>
struct Gathered {
  std::vector<Part> parts;
  Coverage coverage;
};

// `read(files)` gives a Part, `parse(body)` an optional of one.
template <class Part, class Read, class Parse>
Gathered<Part> gather_parts(Peers& peers, const sqlite::Readers& all, const std::string& target, Read read,
                            Parse parse) {
  Gathered<Part> out;
  out.coverage = gather(
      peers, all, target, [&](const sqlite::Readers& files) { out.parts.push_back(read(files)); },
      [&](std::string_view body) {
        std::optional<Part> part = parse(body);
        if (part) out.parts.push_back(std::move(*part));
        return part.has_value();
      });
  return out;
}

}  // namespace godwit::cluster
