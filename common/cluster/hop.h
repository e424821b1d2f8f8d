// The hop protocol: how one instance asks another. A question with `Godwit-Hop: 1` is answered from the files
// of the instance asked and never passed on, so that no question can go round in circles.
// `Godwit-Partitions: p-0000,p-0003` in the question narrows it to these stores; in the answer it says which
// of them were really there.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/cluster/shares.h"
#include "common/http/client.h"
#include "common/http/request.h"
#include "common/http/response.h"
#include "common/sqlite/readers.h"

namespace godwit::cluster {

// An answer from these files alone. May throw what reading them throws.
using ReadFiles = std::function<http::Response(const sqlite::Readers& files)>;

bool is_hop(const http::Request& request);

// The answer to a hop, whatever was there of what was asked for, and the header that says what.
http::Response answer_hop(const sqlite::Readers& all, const http::Request& request, const ReadFiles& read);
// The same for a question that needs every store it names: 503 with the header when one is not there.
http::Response answer_whole_hop(const sqlite::Readers& all, const http::Request& request,
                                const ReadFiles& read);

// The question `target` (path and query) to the instance at `url`, about these stores.
http::ClientRequest hop_to(const std::string& url, const std::string& target, const Stores& stores);
// The stores an answer says it covers; nullopt when it does not say, and so is no answer of ours.
std::optional<Stores> covered_by(const http::ClientResponse& answer);

}  // namespace godwit::cluster
