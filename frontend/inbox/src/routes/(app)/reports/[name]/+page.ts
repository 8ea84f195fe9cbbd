import { redirect } from '@sveltejs/kit';
import { isReport } from '$features/reports/names';

export function load({ params }: { params: { name: string } }): void {
  if (!isReport(params.name)) redirect(307, '/reports/overview');
}
