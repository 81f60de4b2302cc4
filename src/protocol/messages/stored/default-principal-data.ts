import { bool, message, string, type TypeOf } from '../../schema.ts'

/** A principal, as an Envelope carries it. */
export const DefaultPrincipalData = message('DefaultPrincipalData', '0', '0+', {
  type: string('0+', 'Type, `User`.'),
  name: string('0+', 'Name.'),
  tokenAuthenticated: bool('0+', 'Whether the principal logged in with a delegation token.'),
})
export interface DefaultPrincipalData extends TypeOf<typeof DefaultPrincipalData> {}
