// Starting an HTTP server the same way in every program: log where it listens, and write it down for whoever
// started us.
#pragma once

#include <memory>
#include <string>

#include "common/http/server.h"

namespace godwit::service {

// `port_file` gets the HOST:PORT really bound, by an atomic rename; empty: none is written.
Result<std::unique_ptr<http::Server>> serve(const http::ServerOptions& options, http::Router router,
                                            const std::string& port_file);

}  // namespace godwit::service
