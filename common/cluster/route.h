// Questions about one key, or about one store: answered by whoever owns it, here or passed on once.
#pragma once

#include <string>
#include <string_view>

#include "common/cluster/hop.h"
#include "common/cluster/peers.h"

namespace godwit::cluster {

// Only for consumers with one store per partition number. The owner's answer comes back as it is; 503 that
// names the partition when nobody answers for it.
http::Response answer_key(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                          std::string_view key, const ReadFiles& read);

// The same for an answer that may be a stream: the owner is asked what it would answer, and only if that is
// 200 its stream is passed through.
http::Response answer_key_with_stream(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                                      std::string_view key, const ReadFiles& read);

// About the store of that name, such as "migrations.lifecycle-0007"; 404 when the topics have no such
// partition.
http::Response answer_store(Peers& peers, const sqlite::Readers& all, const http::Request& request,
                            const std::string& store, const ReadFiles& read);

}  // namespace godwit::cluster
