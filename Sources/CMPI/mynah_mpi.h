// The MPI calls that Mynah needs, as functions with types that Swift can import: most of MPI's constants are macros,
// and its handles are pointers in some implementations and integers in others.
//
// Functions with a result return MPI_SUCCESS (0) or an error code. No two threads may call them at the same time
// (MPI_THREAD_SERIALIZED).

#ifndef MYNAH_MPI_H
#define MYNAH_MPI_H

#include <mpi.h>
#include <stdbool.h>

/// The content of a message. Its value is the message's MPI tag.
typedef enum {
  mynah_mpi_bytes,
  mynah_mpi_floats,
  mynah_mpi_words,
  mynah_mpi_failure,
  mynah_mpi_farewell
} mynah_mpi_content;

/// A message that is being sent or received.
typedef struct {
  MPI_Request handle;
} mynah_mpi_request;

/// A message that can be received: its sender, content and number of elements.
typedef struct {
  int source, count;
  mynah_mpi_content content;
  MPI_Message handle;
} mynah_mpi_message;

static inline MPI_Datatype mynah_mpi_type(mynah_mpi_content content) {
  return content == mynah_mpi_floats ? MPI_FLOAT : content == mynah_mpi_words ? MPI_UINT16_T : MPI_BYTE;
}

/// Initialises MPI; sets this process's rank and the number of ranks.
static inline int mynah_mpi_start(int *rank, int *count) {
  int provided, code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  if (code) return code;
  if (provided < MPI_THREAD_SERIALIZED) return MPI_ERR_OTHER;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if ((code = MPI_Comm_rank(MPI_COMM_WORLD, rank))) return code;
  return MPI_Comm_size(MPI_COMM_WORLD, count);
}

static inline int mynah_mpi_send(const void *elements, int count, mynah_mpi_content content, int rank,
                                 mynah_mpi_request *request) {
  return MPI_Isend(elements, count, mynah_mpi_type(content), rank, content, MPI_COMM_WORLD, &request->handle);
}

/// Sets `found` if a message has arrived that is not being received yet; from then on, only this caller can receive it.
static inline int mynah_mpi_probe(mynah_mpi_message *message, bool *found) {
  MPI_Status status;
  int flag, code = MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &message->handle, &status);
  *found = !code && flag;
  if (!*found) return code;
  message->source = status.MPI_SOURCE;
  message->content = (mynah_mpi_content)status.MPI_TAG;
  return MPI_Get_count(&status, mynah_mpi_type(message->content), &message->count);
}

static inline int mynah_mpi_receive(void *elements, mynah_mpi_message *message, mynah_mpi_request *request) {
  return MPI_Imrecv(elements, message->count, mynah_mpi_type(message->content), &message->handle, &request->handle);
}

/// Sets `done` if a message has been sent or received completely.
static inline int mynah_mpi_test(mynah_mpi_request *request, bool *done) {
  int flag, code = MPI_Test(&request->handle, &flag, MPI_STATUS_IGNORE);
  *done = !code && flag;
  return code;
}

static inline int mynah_mpi_end(void) { return MPI_Finalize(); }

/// The maximum size of an error's text, including the terminating null.
enum { mynah_mpi_error_size = MPI_MAX_ERROR_STRING };

/// Writes the text of an error code.
static inline void mynah_mpi_error(int code, char *text) {
  int length;
  if (MPI_Error_string(code, text, &length)) text[0] = 0;
}

/// Terminates all ranks immediately.
static inline void mynah_mpi_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

#endif
