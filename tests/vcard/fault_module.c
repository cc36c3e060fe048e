/* A PKCS#11 v2.40 module over another one, that fails as it is told. Built and driven by faults.py.
 *
 * PLI_FAULT_MODULE names the library underneath; PLI_FAULT_RULES a text file, read anew at every call:
 *
 *     fail CALL CKR        that call answers with the number          hang CALL    that call never returns
 *     slow CALL SECONDS    that call takes longer                     crash CALL   that call ends the process (SIGSEGV)
 *     pinpad PIN [NEW]     the reader has a pad: C_Login and C_SetPIN take no PIN but a NULL pointer, and use these
 *     always PIN           every private key asks for its PIN at each use (CKA_ALWAYS_AUTHENTICATE)
 *     count-low, final-try, locked     flags of the token; locked also refuses C_Login
 *     absent               slots without token                        vanish       no slots any more, sessions broken
 *     ghost                one slot more, whose token is never there when it is asked for
 *
 * Every call is a line of the file named like the rules with ".log" added: its name, and for PINs the user type and what
 * came. All arguments of PKCS#11 are words (CK_ULONG, CK_BBOOL or a pointer), so one signature of eight words passes all
 * of them on; a callee that takes fewer does not see the others (System V x86-64, AAPCS64).
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long word;
typedef word (*call_type)(word, word, word, word, word, word, word, word);

/* In the order of CK_FUNCTION_LIST (PKCS#11 v2.40 base specification, section 3.6). */
#define ALL_CALLS(X) \
  X(Initialize) X(Finalize) X(GetInfo) X(GetFunctionList) X(GetSlotList) X(GetSlotInfo) X(GetTokenInfo) \
  X(GetMechanismList) X(GetMechanismInfo) X(InitToken) X(InitPIN) X(SetPIN) X(OpenSession) X(CloseSession) \
  X(CloseAllSessions) X(GetSessionInfo) X(GetOperationState) X(SetOperationState) X(Login) X(Logout) \
  X(CreateObject) X(CopyObject) X(DestroyObject) X(GetObjectSize) X(GetAttributeValue) X(SetAttributeValue) \
  X(FindObjectsInit) X(FindObjects) X(FindObjectsFinal) X(EncryptInit) X(Encrypt) X(EncryptUpdate) X(EncryptFinal) \
  X(DecryptInit) X(Decrypt) X(DecryptUpdate) X(DecryptFinal) X(DigestInit) X(Digest) X(DigestUpdate) X(DigestKey) \
  X(DigestFinal) X(SignInit) X(Sign) X(SignUpdate) X(SignFinal) X(SignRecoverInit) X(SignRecover) X(VerifyInit) \
  X(Verify) X(VerifyUpdate) X(VerifyFinal) X(VerifyRecoverInit) X(VerifyRecover) X(DigestEncryptUpdate) \
  X(DecryptDigestUpdate) X(SignEncryptUpdate) X(DecryptVerifyUpdate) X(GenerateKey) X(GenerateKeyPair) X(WrapKey) \
  X(UnwrapKey) X(DeriveKey) X(SeedRandom) X(GenerateRandom) X(GetFunctionStatus) X(CancelFunction) X(WaitForSlotEvent)

#define NUMBER(name) N_##name,
enum { ALL_CALLS(NUMBER) CALLS };
#define NAME(name) "C_" #name,
static const char *const names[CALLS] = { ALL_CALLS(NAME) };

struct function_list { unsigned char version[2]; call_type calls[CALLS]; };
struct attribute { word type; unsigned char *value; word length; };

enum {
  CKR_OK = 0x0, CKR_SLOT_ID_INVALID = 0x3, CKR_ARGUMENTS_BAD = 0x7, CKR_DEVICE_REMOVED = 0x32,
  CKR_PIN_INCORRECT = 0xA0, CKR_PIN_LOCKED = 0xA4, CKR_TOKEN_NOT_PRESENT = 0xE0, CKR_USER_NOT_LOGGED_IN = 0x101,
  CKR_GENERAL_ERROR = 0x5, CKR_BUFFER_TOO_SMALL = 0x150,
  CKU_CONTEXT_SPECIFIC = 2, CKA_ALWAYS_AUTHENTICATE = 0x202, TOKEN_INFO_FLAGS = 96,
  CKF_PROTECTED_AUTHENTICATION_PATH = 0x100, CKF_USER_PIN_COUNT_LOW = 0x10000, CKF_USER_PIN_FINAL_TRY = 0x20000,
  CKF_USER_PIN_LOCKED = 0x40000, GHOST_SLOT = 0x6057
};

static struct function_list *below;
static int authenticated; /* for the operation that was begun last */

/* ---- rules and log */

/* The words after `verb` (and `object`, unless NULL) on the first line that begins so; 0 where there is none. */
static int rule(const char *verb, const char *object, char rest[2][64])
{
  char line[256], first[64], second[64], third[64];
  const char *path = getenv("PLI_FAULT_RULES");
  FILE *file = path ? fopen(path, "r") : NULL;
  int found = 0;
  while (file && !found && fgets(line, sizeof line, file)) {
    first[0] = second[0] = third[0] = 0;
    sscanf(line, "%63s %63s %63s", first, second, third);
    found = !strcmp(first, verb) && (!object || !strcmp(second, object));
  }
  if (file) fclose(file);
  if (found && rest) {
    strcpy(rest[0], object ? third : second);
    strcpy(rest[1], object ? "" : third);
  }
  return found;
}

static void note(const char *text)
{
  char path[4096];
  const char *rules = getenv("PLI_FAULT_RULES");
  int log;
  if (!rules) return;
  snprintf(path, sizeof path, "%s.log", rules);
  log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (log < 0) return;
  if (write(log, text, strlen(text)) < 0) abort();
  close(log);
}

static const char *shown(char *buffer, word pin, word length)
{
  if (!pin) return "NULL";
  snprintf(buffer, 65, "%.*s", (int)(length > 64 ? 64 : length), (const char *)pin);
  return buffer;
}

/* ---- the calls that behave in a way of their own */

static int gone(void)
{
  return rule("vanish", NULL, NULL) || rule("absent", NULL, NULL);
}

/* Without its token a session is over, and so is its login. */
static void end_sessions(void)
{
  word slots[16], count = 16, each;
  if (below->calls[N_GetSlotList](0, (word)slots, (word)&count, 0, 0, 0, 0, 0) != CKR_OK) return;
  for (each = 0; each < count; each++) below->calls[N_CloseAllSessions](slots[each], 0, 0, 0, 0, 0, 0, 0);
}

static word get_slot_list(word with_token, word *slots, word *count)
{
  word answer, given = *count;
  if (rule("vanish", NULL, NULL) || (rule("absent", NULL, NULL) && (with_token & 0xFF))) {
    *count = 0;
    return CKR_OK;
  }
  answer = below->calls[N_GetSlotList](with_token, (word)slots, (word)count, 0, 0, 0, 0, 0);
  if (answer != CKR_OK || !rule("ghost", NULL, NULL)) return answer;
  if (slots && *count >= given) return CKR_BUFFER_TOO_SMALL;
  if (slots) slots[*count] = GHOST_SLOT;
  *count += 1;
  return CKR_OK;
}

static word first_slot_info(word info)
{
  word slots[16], count = 16;
  word answer = below->calls[N_GetSlotList](0, (word)slots, (word)&count, 0, 0, 0, 0, 0);
  if (answer != CKR_OK || !count) return CKR_SLOT_ID_INVALID;
  return below->calls[N_GetSlotInfo](slots[0], info, 0, 0, 0, 0, 0, 0);
}

static word get_token_info(word slot, unsigned char *info)
{
  word flags, answer;
  if (rule("absent", NULL, NULL)) return CKR_TOKEN_NOT_PRESENT;
  answer = below->calls[N_GetTokenInfo](slot, (word)info, 0, 0, 0, 0, 0, 0);
  if (answer != CKR_OK) return answer;
  memcpy(&flags, info + TOKEN_INFO_FLAGS, sizeof flags);
  if (rule("pinpad", NULL, NULL)) flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
  if (rule("count-low", NULL, NULL)) flags |= CKF_USER_PIN_COUNT_LOW;
  if (rule("final-try", NULL, NULL)) flags |= CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY;
  if (rule("locked", NULL, NULL)) flags |= CKF_USER_PIN_LOCKED;
  memcpy(info + TOKEN_INFO_FLAGS, &flags, sizeof flags);
  return CKR_OK;
}

static word context_login(const char *pin, word length)
{
  char rest[2][64];
  if (!rule("always", NULL, rest)) return CKR_GENERAL_ERROR;
  if (strlen(rest[0]) != length || memcmp(rest[0], pin, length)) return CKR_PIN_INCORRECT;
  authenticated = 1;
  return CKR_OK;
}

static word login(word session, word user, const char *pin, word length)
{
  char rest[2][64], line[160], text[65];
  snprintf(line, sizeof line, "C_Login %lu %s\n", user, shown(text, (word)pin, length));
  note(line);
  if (rule("locked", NULL, NULL)) return CKR_PIN_LOCKED;
  if (rule("pinpad", NULL, rest)) {
    if (pin) return CKR_ARGUMENTS_BAD;
    pin = rest[0];
    length = strlen(pin);
  }
  if (!pin) return CKR_ARGUMENTS_BAD;
  if (user == CKU_CONTEXT_SPECIFIC) return context_login(pin, length);
  return below->calls[N_Login](session, user, (word)pin, length, 0, 0, 0, 0);
}

static word set_pin(word session, word old, word old_length, word new, word new_length)
{
  char rest[2][64], line[220], first[65], second[65];
  snprintf(line, sizeof line, "C_SetPIN %s %s\n", shown(first, old, old_length), shown(second, new, new_length));
  note(line);
  if (rule("pinpad", NULL, rest)) {
    if (old || new) return CKR_ARGUMENTS_BAD;
    old = (word)rest[0], old_length = strlen(rest[0]), new = (word)rest[1], new_length = strlen(rest[1]);
  }
  return below->calls[N_SetPIN](session, old, old_length, new, new_length, 0, 0, 0);
}

static word get_attributes(word session, word object, struct attribute *wanted, word count)
{
  word answer = below->calls[N_GetAttributeValue](session, object, (word)wanted, count, 0, 0, 0, 0);
  word each;
  for (each = 0; each < count && rule("always", NULL, NULL); each++)
    if (wanted[each].type == CKA_ALWAYS_AUTHENTICATE && wanted[each].value && wanted[each].length == 1)
      *wanted[each].value = 1;
  return answer;
}

/* ---- the way of every call */

static struct function_list *load(void)
{
  const char *path = getenv("PLI_FAULT_MODULE");
  void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
  word (*get)(struct function_list **) = library ? (word (*)(struct function_list **))dlsym(library, "C_GetFunctionList") : NULL;
  if (!below && get) get(&below);
  return below;
}

static void misbehave(const char *name)
{
  char rest[2][64];
  if (rule("crash", name, NULL)) {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
  }
  while (rule("hang", name, NULL)) usleep(100000);
  if (rule("slow", name, rest)) usleep((unsigned)(atof(rest[0]) * 1000000));
}

static word special(int number, const word *a)
{
  switch (number) {
  case N_GetSlotList: return get_slot_list(a[0], (word *)a[1], (word *)a[2]);
  case N_GetTokenInfo: return get_token_info(a[0], (unsigned char *)a[1]);
  case N_Login: return login(a[0], a[1], (const char *)a[2], a[3]);
  case N_SetPIN: return set_pin(a[0], a[1], a[2], a[3], a[4]);
  case N_GetAttributeValue: return get_attributes(a[0], a[1], (struct attribute *)a[2], a[3]);
  case N_SignInit: case N_DecryptInit: authenticated = 0; break;
  case N_Sign: case N_SignUpdate: case N_Decrypt: case N_DecryptUpdate:
    if (rule("always", NULL, NULL) && !authenticated) return CKR_USER_NOT_LOGGED_IN;
  }
  return below->calls[number](a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
}

/* Calls that work without any slot, and go on doing so when all of them have vanished. */
static int needs_slot(int number)
{
  return number > N_GetSlotList && number != N_CloseAllSessions && number != N_WaitForSlotEvent;
}

static word through(int number, const word *arguments)
{
  char rest[2][64], line[64];
  if (!load()) return CKR_GENERAL_ERROR;
  if (number != N_Login && number != N_SetPIN) {
    snprintf(line, sizeof line, "%s\n", names[number]);
    note(line);
  }
  misbehave(names[number]);
  if (rule("fail", names[number], rest)) return strtoul(rest[0], NULL, 0);
  if (gone()) end_sessions();
  if (needs_slot(number) && rule("vanish", NULL, NULL)) return CKR_DEVICE_REMOVED;
  if (number == N_GetTokenInfo && arguments[0] == GHOST_SLOT) return CKR_TOKEN_NOT_PRESENT;
  if (number == N_GetSlotInfo && arguments[0] == GHOST_SLOT) return first_slot_info(arguments[1]);
  return special(number, arguments);
}

static word give_list(struct function_list **list);

#define WRAPPED(name) \
  word C_##name(word a, word b, word c, word d, word e, word f, word g, word h) \
  { \
    const word arguments[8] = { a, b, c, d, e, f, g, h }; \
    if (N_##name == N_GetFunctionList) return give_list((struct function_list **)a); \
    return through(N_##name, arguments); \
  }
ALL_CALLS(WRAPPED)

#define ENTRY(name) C_##name,
static struct function_list here = { { 2, 40 }, { ALL_CALLS(ENTRY) } };

static word give_list(struct function_list **list)
{
  *list = &here;
  return CKR_OK;
}
